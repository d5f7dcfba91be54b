/** The SharedWorker around a [`Hub`]. */
import { type Asked, Hub, type Told } from "./hub";

const hub = new Hub();

(self as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  const client = (told: Told) => port.postMessage(told);
  port.onmessage = ({ data }: MessageEvent<Asked>) => {
    if (data.type === "close") hub.leave(client);
    else hub.follow(client, data.topics);
  };
};
