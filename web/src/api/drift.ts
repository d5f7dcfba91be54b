/**
 * Whether the shapes that the app counts on (types.ts) are those that the server describes (docs/openapi.json, from which
 * `npm run types` makes schema.d.ts). A difference that would break a page is a type error here.
 */
import type { components } from "./schema";
import type * as app from "./types";

type Described = components["schemas"];

/** `Server` can be used where the app expects `App`. */
type Fits<Server extends App, App> = Server;

export type Checked = [
  Fits<Described["Session"], app.Session>,
  Fits<Described["ProjectView"], app.Project>,
  Fits<Described["Page_ProjectView"], app.Page<app.Project>>,
  Fits<Described["Matrix"], app.Grants>,
  Fits<Described["KnownNames"], app.KnownNames>,
  Fits<Described["Page_ProjectEventView"], app.Page<app.ProjectEvent>>,
  Fits<Described["Page_VersionView"], app.Page<app.Version>>,
  Fits<Described["UploadedView"], app.Uploaded>,
  Fits<Described["DiffView"], app.Diff>,
  Fits<Described["ExecutionRef"], app.ExecutionRef>,
  Fits<Described["FlowItem"], app.FlowItem>,
  Fits<Described["FlowView"], app.Flow>,
  Fits<Described["LayoutView"], app.Layout>,
  Fits<Described["Grid"], app.Grid>,
  Fits<Described["FlowSummary"], app.Summary>,
  Fits<Described["JobView"], app.Job>,
  Fits<Described["JobHistory"], app.JobHistory>,
  Fits<Required<app.ExecuteRequest>, Described["ExecuteRequest"]>,
  Fits<Described["PreviewView"], app.Preview>,
  Fits<Described["ExecutionItem"], app.Execution>,
  Fits<Described["ExecutionList"], app.Counted>,
  Fits<Described["ExecutionDetail"], app.ExecutionDetail>,
  Fits<Described["Running"], app.Running>,
  Fits<Described["ReasonView"], app.Reason>,
  Fits<Described["Changes"], app.Changes>,
  Fits<Described["Comparison"], app.Comparison>,
  Fits<Described["LogPageView"], app.LogPage>,
  Fits<Described["SearchLine"], app.LogHit>,
  Fits<Described["Page_ScheduleView"], app.Page<app.Schedule>>,
  Fits<Described["Page_AuditItem"], app.Page<app.AuditEntry>>,
  Fits<Described["Page_UserItem"], app.Page<app.User>>,
  Fits<Described["UserSessions"], { items: app.UserSession[] }>,
  Fits<Described["Page_TokenItem"], app.Page<app.ApiToken>>,
  Fits<Described["CreatedToken"], app.CreatedToken>,
  Fits<Described["SettingsView"], { items: app.Setting[] }>,
  Fits<Described["NoteView"], { note: app.Note | null }>,
  Fits<Described["Beans"], { items: app.FigureGroup[] }>,
  Fits<Described["AllSeries"], { items: app.Series[] }>,
  Fits<Described["Executors"], { items: app.ExecutorInfo[] }>,
  Fits<Described["Bookmarks"], { items: app.Bookmark[] }>,
  Fits<Described["Views"], { items: app.SavedView[] }>,
  Fits<Described["Page_SlaRuleView"], app.Page<app.SlaRule>>,
  Fits<Described["FlowTriggers"], { items: app.FlowTrigger[]; complete: boolean }>,
  Fits<Described["LockView"], app.Lock>,
];
