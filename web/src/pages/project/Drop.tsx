import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Project.module.css";

/** A file may be dropped anywhere on what it holds. */
export function Drop({
  enabled,
  onFile,
  children,
}: {
  enabled: boolean;
  onFile: (file: File) => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const [over, setOver] = useState(false);
  // Entering a child comes before leaving its parent.
  const depth = useRef(0);
  const concerns = (event: DragEvent) => enabled && event.dataTransfer.types.includes("Files");
  const enter = (event: DragEvent) => {
    if (!concerns(event)) return;
    depth.current += 1;
    setOver(true);
  };
  const leave = (event: DragEvent) => {
    if (!concerns(event)) return;
    depth.current -= 1;
    if (depth.current <= 0) setOver(false);
  };
  const drop = (event: DragEvent) => {
    if (!concerns(event)) return;
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  return (
    <section
      onDragEnter={enter}
      onDragLeave={leave}
      onDragOver={(event) => concerns(event) && event.preventDefault()}
      onDrop={drop}
    >
      {children}
      {over && <div className={classes.cover}>{t("upload.drop")}</div>}
    </section>
  );
}
