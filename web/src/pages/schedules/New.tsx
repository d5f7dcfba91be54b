import { Button, Group, Modal, Select, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CalendarPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { all } from "../../api/client";
import { useFlows } from "../../api/queries";
import type { Project } from "../../api/types";
import { useParams } from "../../navigation";
import { ProblemText } from "../../ui/ErrorPanel";
import { may } from "../project/Project";

/** Rights change seldom, and the server checks them once more. */
const RIGHTS_MS = 60_000;

/** The projects in which the user may make schedules. */
function useSchedulable() {
  return useQuery({
    queryKey: ["projects", "schedulable"],
    queryFn: ({ signal }) => all<Project>("/projects", {}, signal),
    select: ({ items }) => items.filter((project) => may(project, "SCHEDULE")).map((project) => project.name),
    staleTime: RIGHTS_MS,
  });
}

/** Begins a schedule: of the flow that is shown, or of one that is picked; for whoever may make one somewhere. */
export function NewButton({ shown, onClick }: { shown: string | undefined; onClick: () => void }) {
  const { t } = useTranslation();
  const { data: projects = [] } = useSchedulable();
  if (shown === undefined ? projects.length === 0 : !projects.includes(shown)) return null;
  return (
    <Button leftSection={<CalendarPlus size={16} />} onClick={onClick}>
      {t("schedule.new")}
    </Button>
  );
}

/** Asks which flow is to be scheduled. */
export function PickFlow({ first, onClose }: { first: string | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onClose} title={t("schedule.new")}>
      <Form first={first} onClose={onClose} />
    </Modal>
  );
}

function Form({ first, onClose }: { first: string | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const [, setSearch] = useParams();
  const { data: projects = [] } = useSchedulable();
  const [chosen, setChosen] = useState<string | null>(first ?? null);
  // Where there is but one, nobody has to choose it.
  const wanted = chosen ?? (projects.length === 1 ? projects[0] : undefined);
  const project = projects.find((each) => each === wanted) ?? null;
  const flows = useFlows(project ?? "", project !== null);
  const [flow, setFlow] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (project && flow) setSearch({ project, flow, edit: "1" }, { push: true });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Select
          label={t("execution.project")}
          searchable
          limit={50}
          allowDeselect={false}
          data={projects}
          value={project}
          onChange={(value) => {
            // Another project has other flows.
            setChosen(value);
            setFlow(null);
          }}
        />
        <Select
          label={t("flow.flow")}
          searchable
          limit={50}
          allowDeselect={false}
          disabled={!project}
          data={(flows.data?.items ?? []).map((each) => each.id)}
          value={flow}
          onChange={setFlow}
        />
        {flows.error && (
          <div role="alert">
            <ProblemText error={flows.error} />
          </div>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button type="submit" disabled={!project || !flow}>
            {t("schedule.pick")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
