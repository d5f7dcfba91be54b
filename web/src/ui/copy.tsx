import { TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";

/** Puts a text on the clipboard; `false` where pages have none, which is so over plain HTTP. @throws DOMException */
export async function copyText(text: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return false;
  await clipboard.writeText(text);
  return true;
}

/** Shows a text that could not be copied, selected, so that the browser's own keys copy it. */
export function offerText(label: string, text: string) {
  notifications.show({
    autoClose: false,
    withBorder: true,
    message: (
      <TextInput
        label={label}
        value={text}
        readOnly
        ref={(input) => input?.focus()}
        onFocus={(event) => event.currentTarget.select()}
      />
    ),
  });
}
