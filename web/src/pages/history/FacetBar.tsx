import { useTranslation } from "react-i18next";
import type { Facets } from "../../api/types";
import { StatusIcon, useStatusWord } from "../../status/Status";
import type { Filter } from "./filter";
import classes from "./History.module.css";

/** Values shown of each kind; the fields find the others. */
const MOST = 6;

interface Props {
  facets: Facets;
  filter: Filter;
  onChange: (part: Partial<Filter>) => void;
}

/** What there is to choose from, the most frequent first, each with its count. */
export function FacetBar({ facets, filter, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const word = useStatusWord();
  const number = new Intl.NumberFormat(i18n.language);
  const statuses = filter.status ? filter.status.split(",") : [];
  const kinds = ["status", "flow", "project", "user"] as const;
  return (
    <div className={classes.facets}>
      {kinds.map((kind) => {
        const values = Object.entries(facets[kind])
          .sort(([a, first], [b, second]) => second - first || a.localeCompare(b))
          .slice(0, MOST);
        if (values.length === 0 || (values.length === 1 && kind !== "status" && !filter[kind])) return null;
        return (
          <fieldset key={kind} className={classes.facet}>
            <legend>{t(`execution.${kind}`)}</legend>
            {values.map(([value, count]) => {
              const on = kind === "status" ? statuses.includes(value) : filter[kind] === value;
              const toggle = () => {
                if (kind !== "status") return onChange({ [kind]: on ? "" : value });
                const next = on ? statuses.filter((each) => each !== value) : [...statuses, value];
                onChange({ status: next.join(",") });
              };
              return (
                <button
                  key={value}
                  type="button"
                  className={classes.value}
                  aria-pressed={on}
                  onClick={toggle}
                  title={value}
                >
                  {kind === "status" && <StatusIcon status={value} size={14} />}
                  <span className={classes.word}>{kind === "status" ? word(value) : value}</span>
                  <span className="muted">{number.format(count)}</span>
                </button>
              );
            })}
          </fieldset>
        );
      })}
    </div>
  );
}
