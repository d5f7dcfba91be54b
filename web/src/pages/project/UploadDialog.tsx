import { Button, FileInput, Group, Modal, Progress, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FileArchive } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { path, upload } from "../../api/client";
import { Problem } from "../../api/problem";
import { refreshVersion } from "../../api/queries";
import type { Uploaded } from "../../api/types";
import { bytes } from "../../time/format";
import { ProblemText } from "../../ui/ErrorPanel";
import { Findings } from "./Findings";
import classes from "./Upload.module.css";

/** Sends an archive and tells what the server found in it. An archive with errors changes nothing. */
export function UploadDialog({
  project,
  first,
  onClose,
}: {
  project: string;
  first: File | null;
  onClose: () => void;
}) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(first);
  const [part, setPart] = useState(0);
  const send = useMutation({
    mutationFn: (chosen: File) =>
      upload<Uploaded>(path("/projects/{}/versions", project), { fileName: chosen.name }, chosen, setPart),
    meta: { shown: true },
    onSuccess: () => refreshVersion(queries, project),
  });
  // A dropped file is meant.
  const begun = useRef(false);
  useEffect(() => {
    if (!first || begun.current) return;
    begun.current = true;
    send.mutate(first);
  }, [first, send]);
  const report =
    send.error instanceof Problem && send.error.code === "rejected"
      ? send.error.errors.map((error) => error.message)
      : [];
  const choose = (chosen: File | null) => {
    setFile(chosen);
    setPart(0);
    send.reset();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("upload.title", { project })}
      size="lg"
      closeOnClickOutside={!send.isPending}
    >
      <Stack gap="sm">
        <FileInput
          label={t("upload.file")}
          description={t("upload.hint")}
          placeholder={t("upload.choose")}
          leftSection={<FileArchive size={14} />}
          accept=".zip,application/zip"
          value={file}
          onChange={choose}
          disabled={send.isPending}
          data-autofocus
        />
        {send.isPending && (
          <div role="status">
            <Progress value={part * 100} aria-label={t("upload.progress")} animated={part >= 1} />
            <div className="muted">
              {part < 1
                ? t("upload.sent", {
                    sent: bytes(part * (file?.size ?? 0), i18n.language),
                    size: bytes(file?.size ?? 0, i18n.language),
                  })
                : t("upload.checking")}
            </div>
          </div>
        )}
        {send.isError && (
          <div className={classes.refused} role="alert">
            {report.length > 0 ? (
              <>
                <strong>{t("upload.refused", { count: report.length })}</strong>
                <Findings sentences={report} />
              </>
            ) : (
              <ProblemText error={send.error} />
            )}
            <div>{t("upload.unchanged")}</div>
          </div>
        )}
        {send.isSuccess && (
          <div className={classes.done} role="status">
            <strong>{t("upload.done", { version: send.data.version })}</strong>
            {send.data.warnings.length > 0 && <Findings sentences={send.data.warnings} />}
          </div>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {send.isSuccess ? t("action.close") : t("action.cancel")}
          </Button>
          {!send.isSuccess && (
            <Button disabled={!file} loading={send.isPending} onClick={() => file && send.mutate(file)}>
              {t("project.upload")}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
