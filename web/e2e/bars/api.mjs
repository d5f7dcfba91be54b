// The server by its API: to prepare what the pages are then looked at with.
import { waitFor, zip } from "../server.mjs";

/** Calls of a logged-in profile. */
export async function api(context) {
  const session = await (await context.request.get("/api/v1/session")).json();
  const headers = { "X-CSRF-TOKEN": session.csrfToken };
  const call = async (method, path, body) => {
    const answer = await context.request.fetch(path, { method, headers, ...body });
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  };
  return {
    get: (path) => call("GET", path),
    /** Makes a project of text files by Azkaban's own API. */
    async upload(project, files) {
      await call("POST", "/manager", { form: { action: "create", name: project, description: project } });
      const file = { name: `${project}.zip`, mimeType: "application/zip", buffer: zip(files) };
      const found = await call("POST", "/manager", { multipart: { ajax: "upload", project, file } });
      if (found.error) throw new Error(found.error);
    },
    async execute(project, flow) {
      const found = await call("POST", "/executor", {
        form: { ajax: "executeFlow", project, flow, concurrentOption: "ignore" },
      });
      if (found.error) throw new Error(found.error);
      return found.execid;
    },
    kill: (id) => call("POST", "/executor", { form: { ajax: "cancelFlow", execid: id } }),
    status: async (id) => (await call("GET", `/executor?ajax=fetchexecflow&execid=${id}`)).status,
    ended(id, seconds = 120) {
      const over = ["SUCCEEDED", "FAILED", "KILLED"];
      return waitFor(`execution ${id}`, async () => over.includes(await this.status(id)), seconds);
    },
  };
}
