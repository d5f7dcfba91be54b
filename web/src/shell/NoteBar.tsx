import { useQuery } from "@tanstack/react-query";
import { Megaphone, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../api/client";
import type { Note } from "../api/types";
import { boot } from "../boot";
import classes from "./Shell.module.css";

const KEY = "azkaban.note";

function dismissed(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** What a note says; its message is the way to more. An address that a script could hide behind is none. */
export function NoteText({ note }: { note: Note }) {
  const url = note.url ?? "";
  const safe = /^(https?:\/\/|\/)/.test(url);
  return (
    <span className={classes.note}>
      <Megaphone size={14} aria-hidden="true" />
      {note.kind && <strong>{note.kind}</strong>}
      {safe ? (
        <a href={url} target="_blank" rel="noreferrer">
          {note.message}
        </a>
      ) : (
        <span>{note.message}</span>
      )}
    </span>
  );
}

/** The note of the administrators, until this user dismisses it; another note is shown again. */
export function NoteBar() {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["note"],
    queryFn: ({ signal }) => get<{ note: Note | null }>("/note", {}, signal),
    initialData: { note: boot.note ?? null },
    staleTime: 60_000,
    refetchInterval: 300_000,
  });
  const [gone, setGone] = useState(dismissed);
  const { note } = data;
  const name = JSON.stringify(note);
  if (!note || gone === name) return null;
  const dismiss = () => {
    setGone(name);
    try {
      localStorage.setItem(KEY, name);
    } catch {
      // Dismissed as long as the page is open.
    }
  };
  return (
    <div className={classes.bar} role="status">
      <NoteText note={note} />
      <span style={{ flex: 1 }} />
      <button type="button" className={classes.dismiss} onClick={dismiss} aria-label={t("nav.dismissNote")}>
        <X size={14} aria-hidden="true" />
      </button>
    </div>
  );
}
