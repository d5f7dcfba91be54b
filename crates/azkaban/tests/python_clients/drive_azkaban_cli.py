"""The client `azkaban-cli`: URL USER PASSWORD FOLDER. Its command line only logs what goes wrong, so this calls what that calls."""
import os
import sys
import time

from azkaban_cli.azkaban import Azkaban

url, user, password, folder = sys.argv[1:]
client = Azkaban()
client.login(url, user, password)

project = os.path.join(folder, "billing")
os.mkdir(project)
with open(os.path.join(project, "hello.job"), "w") as out:
    out.write("type=command\ncommand=echo hello\n")

os.chdir(folder)
client.create("billing", "made by a client")
client.upload(project)
flows = client.fetch_flows("billing")
assert [flow["flowId"] for flow in flows["flows"]] == ["hello"], flows
assert client.fetch_jobs_from_flow("billing", "hello")["nodes"][0]["id"] == "hello"

client.execute("billing", "hello")
for _ in range(600):
    execution = client.fetch_flow_execution("1")
    if execution["status"] == "SUCCEEDED":
        break
    time.sleep(0.1)
else:
    raise AssertionError(execution)


client.schedule("billing", "hello", "0 0 5 ? * *", concurrentOption="skip")
schedule = client.fetch_schedule(flows["projectId"], "hello")["schedule"]
client.fetch_sla(schedule["scheduleId"])
client.unschedule(schedule["scheduleId"])
client.fetch_projects()
client.delete("billing")
client.logout()
print("done")
