#!/bin/sh
# Prints what the others counted: report.sh LINES WORDS BYTES
set -eu
echo "The text has $1 lines, $2 words and $3 bytes."
