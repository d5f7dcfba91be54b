import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionDetail } from "../../api/types";
import { useStatusWord } from "../../status/Status";
import { isFinal } from "../../status/statuses";

const BATCH_MS = 2_000;

/** Tells screen readers which jobs ended, several at once, and never in anybody's way. */
export function Announce({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  const word = useStatusWord();
  const known = useRef<Map<string, string> | null>(null);
  const pending = useRef<string[]>([]);
  const [text, setText] = useState("");
  useEffect(() => {
    const now = new Map([["", execution.status], ...execution.nodes.map((node) => [node.path, node.status] as const)]);
    const before = known.current;
    known.current = now;
    if (!before) return;
    for (const [path, status] of now) {
      if (before.get(path) === status || !isFinal(status)) continue;
      pending.current.push(t("execution.announce", { path: path || execution.flow, status: word(status) }));
    }
    if (pending.current.length === 0) return;
    const timer = setTimeout(() => {
      setText(pending.current.slice(-5).join("; "));
      pending.current = [];
    }, BATCH_MS);
    return () => clearTimeout(timer);
  }, [execution, t, word]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}
