import { isObject } from '../objects.ts';
import { type Cause, invalidValue, required } from './status.ts';

// The rules and words of k8s.io/apimachinery `pkg/util/validation`.
const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label1123}(\\.${label1123})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedName})?`;

const subdomainProblem = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const label1123Problem = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label1123}')`;
const label1035Problem = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${label1035}')`;
const labelValueProblem = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`;
const labelNameProblem = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}')`;

const matches = (pattern: string, value: string) => new RegExp(`^${pattern}$`).test(value);

/** What is wrong with an object's name. Services must be DNS labels, namespaces labels, everything else DNS subdomains. */
export function nameCauses(kind: string, name: string | undefined): Cause[] {
  const field = 'metadata.name';
  if (!name) return [required(field, 'name or generateName is required')];
  const [pattern, problem, limit] =
    kind === 'Service'
      ? [label1035, label1035Problem, 63]
      : kind === 'Namespace'
        ? [label1123, label1123Problem, 63]
        : [subdomain, subdomainProblem, 253];
  const causes: Cause[] = [];
  if (name.length > limit) causes.push(invalidValue(field, name, `must be no more than ${limit} characters`));
  if (!matches(pattern, name)) causes.push(invalidValue(field, name, problem));
  return causes;
}

/** What is wrong with a name that must be a DNS label, such as a container's. */
export function dnsLabelCauses(name: string, field: string): Cause[] {
  return [
    ...(name.length > 63 ? [invalidValue(field, name, 'must be no more than 63 characters')] : []),
    ...(matches(label1123, name) ? [] : [invalidValue(field, name, label1123Problem)]),
  ];
}

/** What is wrong with the labels at a field. */
export function labelCauses(labels: unknown, field: string): Cause[] {
  return Object.entries(isObject(labels) ? labels : {}).flatMap(([key, item]) => {
    const value = String(item);
    const causes: Cause[] = [];
    const name = key.slice(key.indexOf('/') + 1);
    if (name.length > 63) causes.push(invalidValue(field, key, 'name part must be no more than 63 bytes'));
    else if (!matches(qualifiedName, name)) causes.push(invalidValue(field, key, labelNameProblem));
    if (value.length > 63) causes.push(invalidValue(field, value, 'must be no more than 63 bytes'));
    else if (!matches(labelValue, value)) causes.push(invalidValue(field, value, labelValueProblem));
    return causes;
  });
}
