"""Prints the canary of a Deployment, its Service and its Mapping, as the script of the original pipeline writes it before each weight
(facts/baselines.md 1.1), with two kindnesses: it reads JSON, for which Python needs no package, and copies the Mapping with its host.

    canarize.py <manifests.json> <image> <weight>
"""
import json
import sys


def canary(name):
    return f'{name}-canary'


def canaries(values):
    return {key: canary(value) for key, value in values.items()}


def canarize(item, image, weight):
    spec, metadata = item['spec'], item['metadata']
    metadata['name'] = canary(metadata['name'])
    metadata['labels'] = {**metadata.get('labels', {}), 'canary': 'true'}
    if item['kind'] == 'Deployment':
        template = spec['template']
        spec['selector']['matchLabels'] = canaries(spec['selector']['matchLabels'])
        template['metadata']['labels'] = canaries(template['metadata']['labels'])
        for container in template['spec']['containers']:
            container['image'] = image
    elif item['kind'] == 'Service':
        spec['selector'] = canaries(spec['selector'])
    elif item['kind'] == 'Mapping':
        spec.update(service=canary(spec['service']), weight=weight)


def main():
    path, image, weight = sys.argv[1:]
    with open(path, encoding='utf-8') as file:
        manifests = json.load(file)
    for item in manifests['items']:
        canarize(item, image, int(weight))
    json.dump(manifests, sys.stdout)


main()
