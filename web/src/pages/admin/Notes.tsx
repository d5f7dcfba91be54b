import { Button, Group, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, write } from "../../api/client";
import { fieldError } from "../../api/problem";
import type { Note } from "../../api/types";
import { NoteText } from "../../shell/NoteBar";
import { Async } from "../../ui/Async";
import { ProblemText } from "../../ui/ErrorPanel";
import { say } from "../../ui/toast";
import classes from "./Admin.module.css";
import { AdminFrame } from "./AdminFrame";

/** Azkaban's kinds of notes. */
const KINDS = ["Warning", "Action Required", "Information"];

/** The note that every page shows. */
export default function Notes() {
  const query = useQuery({
    queryKey: ["note"],
    queryFn: ({ signal }) => get<{ note: Note | null }>("/note", {}, signal),
  });
  return (
    <AdminFrame tab="notes">
      {() => <Async query={query}>{({ note }) => <Form key={JSON.stringify(note)} note={note} />}</Async>}
    </AdminFrame>
  );
}

function Form({ note }: { note: Note | null }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [kind, setKind] = useState(note?.kind || "Warning");
  const [message, setMessage] = useState(note?.message ?? "");
  const [url, setUrl] = useState(note?.url ?? "");
  const draft = { kind, message, url };
  const changed = () => void queries.invalidateQueries({ queryKey: ["note"] });
  const save = useMutation({
    mutationFn: () => write("PUT", "/note", draft),
    meta: { shown: true },
    onSuccess: () => {
      say(t("notes.saved"));
      changed();
    },
  });
  const clear = useMutation({
    mutationFn: () => write("DELETE", "/note"),
    onSuccess: () => {
      say(t("notes.cleared"));
      changed();
    },
  });
  const wrong = (field: "message" | "url") => fieldError(save.error, field);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className="muted">{t("notes.intro")}</p>
      <Select
        label={t("notes.kind")}
        allowDeselect={false}
        data={KINDS.includes(kind) ? KINDS : [...KINDS, kind]}
        value={kind}
        onChange={(value) => setKind(value ?? "Warning")}
      />
      <TextInput
        label={t("notes.message")}
        required
        maxLength={500}
        value={message}
        error={wrong("message")}
        onChange={(event) => setMessage(event.currentTarget.value)}
      />
      <TextInput
        label={t("notes.url")}
        description={t("notes.urlHint")}
        maxLength={2000}
        value={url}
        error={wrong("url")}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      {message.trim() && (
        <div>
          <div className="muted">{t("notes.preview")}</div>
          <NoteText note={draft} />
        </div>
      )}
      {save.error && !wrong("message") && !wrong("url") && <ProblemText error={save.error} />}
      <Group gap="xs">
        <Button type="submit" loading={save.isPending} disabled={message.trim() === ""}>
          {t("notes.save")}
        </Button>
        {note && (
          <Button variant="default" loading={clear.isPending} onClick={() => clear.mutate()}>
            {t("notes.clear")}
          </Button>
        )}
      </Group>
    </form>
  );
}
