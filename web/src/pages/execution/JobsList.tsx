import { TextInput } from "@mantine/core";
import { ChevronDown, ChevronRight, FoldVertical, Search, UnfoldVertical } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionDetail, Flow } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { Status } from "../../status/Status";
import { isBad, isFinal } from "../../status/statuses";
import { duration } from "../../time/format";
import { Elapsed, Time, useNow } from "../../time/Time";
import { Dash } from "../../ui/Dash";
import { type Column, DataTable } from "../../ui/DataTable";
import ui from "../../ui/ui.module.css";
import { axis as makeAxis } from "./axis";
import { Bars } from "./Bars";
import classes from "./Execution.module.css";
import { openFlows, type Row, readyAt, treeRows, waited } from "./nodes";
import timeline from "./Timeline.module.css";

/** Every node with its state; the equal of the graph for those who cannot see it. */
export function JobsList({ execution, flow }: { execution: ExecutionDetail; flow: Flow }) {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const done = isFinal(execution.status);
  const clock = useNow(!done);
  const now = done ? (execution.endedAt ?? clock) : clock;
  const runs = useMemo(() => new Map(execution.nodes.map((node) => [node.path, node])), [execution.nodes]);
  // What needs attention opens by itself; what somebody folded or unfolded stays so.
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const flows = flow.nodes.filter((node) => node.kind === "flow" && node.path !== "").map((node) => node.path);
  const attention = openFlows(execution);
  const open = new Set(flows.filter((path) => chosen.get(path) ?? attention.has(path)));
  const filter = (search.find ?? "").normalize("NFKC").toLowerCase();
  const failedOnly = "failed" in search;
  const flat = filter !== "" || failedOnly;
  const rows = treeRows(flow, runs, flat ? new Set(flows) : open)
    .filter(({ node }) => node.path.toLowerCase().includes(filter))
    .filter(({ run }) => !failedOnly || (run && isBad(run.status)));
  const from = execution.startedAt ?? execution.submittedAt;
  const axis = makeAxis(from, Math.max(execution.endedAt ?? now, from + 1_000), null);
  const columns: Column<Row>[] = [
    {
      key: "job",
      head: t("flow.job"),
      phone: "main",
      cell: ({ node, run }) => (
        <span
          style={{ paddingLeft: flat ? 0 : (node.path.split(":").length - 1) * 20 }}
          className={classes.jobName}
          title={`${node.path} · ${node.type}`}
        >
          {node.kind === "flow" && !flat ? (
            <button
              type="button"
              className={classes.fold}
              aria-expanded={open.has(node.path)}
              onClick={() => setChosen(new Map(chosen).set(node.path, !open.has(node.path)))}
            >
              {open.has(node.path) ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
              <strong>{node.id}</strong>
            </button>
          ) : (
            <A
              href={
                run?.startedAt != null && node.kind === "job"
                  ? to.log(execution.id, node.path)
                  : to.job(execution.project, execution.flow, node.path)
              }
              className={run?.startedAt != null ? undefined : classes.quiet}
            >
              {flat ? node.path : node.id}
            </A>
          )}
        </span>
      ),
    },
    {
      key: "status",
      head: t("execution.status"),
      cell: ({ run }) => <Status status={run?.status ?? "READY"} as="text" />,
    },
    {
      key: "timeline",
      head: t("execution.timeline"),
      phone: "never",
      cell: (row) =>
        row.run && (row.run.startedAt !== null || row.run.attempts.length > 0) ? (
          <span className={timeline.mini}>
            <Bars run={row.run} axis={axis} now={now} ready={readyAt(row, runs, execution.startedAt)} />
          </span>
        ) : (
          <Dash />
        ),
    },
    {
      key: "start",
      head: t("execution.started"),
      phone: "never",
      cell: ({ run }) => <Time at={run?.startedAt} always="absolute" />,
    },
    {
      key: "end",
      head: t("execution.ended"),
      phone: "never",
      cell: ({ run }) => <Time at={run?.endedAt} always="absolute" />,
    },
    {
      key: "wait",
      head: t("execution.wait"),
      num: true,
      phone: "never",
      cell: (row) => {
        const time = waited(row, runs, execution.startedAt);
        return time === null ? <Dash /> : duration(time);
      },
    },
    {
      key: "time",
      head: t("execution.duration"),
      num: true,
      cell: ({ run }) => <Elapsed from={run?.startedAt} to={run?.endedAt} />,
    },
    {
      key: "attempt",
      head: t("execution.attempts"),
      num: true,
      phone: "never",
      cell: ({ run }) => (run && run.attempts.length > 1 ? run.attempts.length : <Dash />),
    },
    {
      key: "exit",
      head: t("execution.exit"),
      num: true,
      phone: "never",
      cell: ({ run }) => {
        const last = run?.attempts.at(-1);
        if (!last) return <Dash />;
        const code = last.exitCode ?? (last.status === "SUCCEEDED" ? 0 : null);
        if (code === null && !(last.reason && isBad(last.status))) return <Dash />;
        return (
          <span title={last.reason ?? undefined} className={code ? undefined : "muted"}>
            {code ?? "!"}
          </span>
        );
      },
    },
    {
      key: "history",
      head: <span className="visually-hidden">{t("job.history")}</span>,
      phone: "never",
      cell: ({ node }) =>
        node.kind === "job" ? (
          <A href={to.jobHistory(execution.project, node.path, execution.flow)}>{t("job.history")}</A>
        ) : (
          <Dash />
        ),
    },
  ];
  const all = flows.length > 0 && open.size === flows.length;
  return (
    <>
      <div className={ui.toolbar}>
        <TextInput
          data-filter=""
          aria-label={t("graph.find")}
          placeholder={t("graph.find")}
          leftSection={<Search size={14} />}
          value={search.find ?? ""}
          onChange={(event) => setSearch({ find: event.currentTarget.value || undefined })}
        />
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={failedOnly}
            onChange={() => setSearch({ failed: failedOnly ? undefined : "" })}
          />{" "}
          {t("execution.failedOnly")}
        </label>
        {flows.length > 0 && !flat && (
          <button
            type="button"
            className={`${ui.linkButton} ${classes.check}`}
            onClick={() => setChosen(new Map(flows.map((path) => [path, !all])))}
          >
            {all ? <FoldVertical size={14} /> : <UnfoldVertical size={14} />}
            {t(all ? "graph.foldAll" : "graph.unfoldAll")}
          </button>
        )}
      </div>
      <DataTable
        label={t("execution.jobslist")}
        columns={columns}
        rows={rows}
        id={({ node }) => node.path}
        current={search.node}
        href={({ node, run }) =>
          node.kind === "job" && run?.startedAt != null
            ? to.log(execution.id, node.path)
            : to.job(execution.project, execution.flow, node.path)
        }
      />
    </>
  );
}
