#!/usr/bin/env bash
# What the original script pipeline comes down to (facts/baselines.md 1.1 and 4), without its gates and its task: for each weight Python
# writes the canary's Deployment, Service and Mapping, which are applied, and its rollout is awaited; then stable gets the new version,
# and the canary is deleted by its label, in the pipeline's order.
#   kubectl-lean.sh <kubectl> <canarize.py> <manifests.json> <image> <namespace> <name> <weight...>
set -euo pipefail
kubectl=$1 canarize=$2 manifests=$3 image=$4 namespace=$5 name=$6
shift 6
for weight in "$@"; do
  python3 "$canarize" "$manifests" "$image" "$weight" >"canary-$weight.json"
  "$kubectl" -n "$namespace" apply -f "canary-$weight.json"
  "$kubectl" -n "$namespace" rollout status "deployment/$name-canary" --timeout=60s
done
"$kubectl" -n "$namespace" apply -f "$manifests"
"$kubectl" -n "$namespace" rollout status "deployment/$name" --timeout=60s
"$kubectl" -n "$namespace" delete services,deployments,mappings -l canary=true
