#!/usr/bin/env bash
# What the original script pipeline comes down to (facts/baselines.md 1.1 and 4), without its gates: for each weight the canary's
# Deployment, Service and Mapping are written and applied, and its rollout awaited; then stable gets the new version, and the canary is
# deleted by its label. The files are rendered beforehand, where the pipeline starts Python for each.
#   kubectl-lean.sh <kubectl> <folder with canary-<weight>.json and stable.json> <namespace> <name> <weight...>
set -euo pipefail
kubectl=$1 folder=$2 namespace=$3 name=$4
shift 4
for weight in "$@"; do
  "$kubectl" -n "$namespace" apply -f "$folder/canary-$weight.json"
  "$kubectl" -n "$namespace" rollout status "deployment/$name-canary" --timeout=60s
done
"$kubectl" -n "$namespace" apply -f "$folder/stable.json"
"$kubectl" -n "$namespace" rollout status "deployment/$name" --timeout=60s
"$kubectl" -n "$namespace" delete mappings,services,deployments -l "canary=$name" --wait=false
