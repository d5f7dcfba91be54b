import { notifications } from "@mantine/notifications";
import type { ReactNode } from "react";
import { ProblemText } from "./ErrorPanel";

/** Says shortly that something was done. */
export function say(message: ReactNode) {
  notifications.show({ message, autoClose: 4_000, withBorder: true });
}

/** Shows what went wrong until it is dismissed. */
export function showProblem(error: unknown) {
  notifications.show({ message: <ProblemText error={error} />, color: "red", autoClose: 12_000, withBorder: true });
}
