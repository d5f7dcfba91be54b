# The client `eboshi`: the commands that run on a Python of today (the others are written for Python 2), by its own command line.
# EBOSHI URL USER PASSWORD; the project `shrine` with the flow `hello` is there.
set -eu
eboshi=$1
who="--url $2 --username $3 --password $4"
added=$($eboshi addCronSchedule $who --project shrine --flow hello --cron "0 0 5 ? * *" --option '{"failureAction":"finishPossible"}')
echo "$added"
$eboshi removeSchedule $who --scheduleId "$(echo "$added" | sed 's/.*scheduleId=\([0-9]*\).*/\1/')"
$eboshi addCronSchedule $who --project shrine --flow hello --cron "0 0 6 ? * *"
$eboshi removeAllSchedules $who
$eboshi deleteProject $who --project shrine
echo done
