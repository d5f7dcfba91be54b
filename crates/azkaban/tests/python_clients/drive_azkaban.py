"""The client `azkaban` (azkaban-pig's command line is the same package): URL USER PASSWORD FOLDER."""
import os
import sys
import time
import zipfile

from azkaban.remote import Session

url, user, password, folder = sys.argv[1:]
host = url.split("//")[1]
session = Session("http://%s:%s@%s" % (user, password, host))

archive = os.path.join(folder, "reports.zip")
with zipfile.ZipFile(archive, "w") as out:
    out.writestr("hello.job", "type=command\ncommand=echo hello ${name}\nname=nobody\n")
    out.writestr("wait.job", "type=command\ncommand=sleep 600\n")

session.create_project("reports", "made by a client")
assert session.upload_project("reports", archive)["version"] == "1"
flows = {flow["flowId"] for flow in session.get_workflows("reports")["flows"]}
assert flows == {"hello", "wait"}, flows
assert session.get_workflow_info("reports", "hello")["nodes"][0]["id"] == "hello"


def until(execution, status):
    for _ in range(600):
        found = session.get_execution_status(execution)["status"]
        if found == status:
            return
        time.sleep(0.1)
    raise AssertionError("execution %s is %s, not %s" % (execution, found, status))


execution = session.run_workflow("reports", "hello", emails=["a@example.com"])["execid"]
until(execution, "SUCCEEDED")
log = session.get_job_logs(execution, "hello")
assert "hello nobody" in log["data"], log
assert session.get_workflow_executions("reports", "hello")["total"] == 1

execution = session.run_workflow("reports", "wait", concurrent=False)["execid"]
until(execution, "RUNNING")
assert session.get_running_workflows("reports", "wait")["execIds"] == [execution]
session.pause_execution(execution)
session.resume_execution(execution)
session.cancel_execution(execution)
until(execution, "KILLED")

session.schedule_cron_workflow("reports", "hello", "0 30 2 ? * MON-FRI")
schedule = session.get_schedule("reports", "hello")
assert schedule["cronExpression"] == "0 30 2 ? * MON-FRI", schedule
session.set_sla(schedule["scheduleId"], ["a@example.com"], ["hello,SUCCESS,1:30,true,false"])
assert session.get_sla(schedule["scheduleId"])["settings"], "the rule is there"
session.unschedule_workflow("reports", "hello")
session.schedule_workflow("reports", "hello", "01/01/2030", "10,30,AM,UTC", period="1d")
session.unschedule_workflow("reports", "hello")
session.delete_project("reports")
print("done")
