import { useParams } from "../../navigation";
import { AdminFrame } from "./AdminFrame";
import { TokenList } from "./TokenList";

/** Everybody's API tokens. */
export default function Tokens() {
  const [{ user }] = useParams();
  return <AdminFrame tab="tokens">{() => <TokenList all user={user} />}</AdminFrame>;
}
