#!/bin/sh
# Writes a text and hands its path on to the jobs that depend on this one.
set -eu
text=$PWD/text
for number in 1 2 3 4 5 6 7 8 9 10; do
    echo "line $number"
    echo "this is line number $number of the text" >>"$text"
    sleep 0.1
done
echo "{\"text\": \"$text\"}" >"$JOB_OUTPUT_PROP_FILE"
