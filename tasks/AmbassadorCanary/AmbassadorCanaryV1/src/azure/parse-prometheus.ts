import type { PrometheusAddress } from '../release/spec.ts';
import type { InputProblems } from './input-problems.ts';
import { quote } from './input-problems.ts';

/** The label matchers that the built-in queries set themselves (facts/emissary.md 10). */
const ourLabels = ['__name__', 'envoy_cluster_name', 'envoy_response_code_class', 'le'];
const matcher = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\r\n]|\\[\\"])*")\s*(?:,|$)/y;

const dnsLabel = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** `monitoring/prometheus`, with a port by number or name, and a path such as Mimir's `/prometheus`. */
const serviceAddress = new RegExp(
  `^(${dnsLabel})/(${dnsLabel})(?::([a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?))?((?:/[\\w.~-]+)*)/?$`,
);

/** Reads where Prometheus is: a URL, or a Service to be asked through the API server. */
export function parsePrometheusAddress(text: string, problems: InputProblems): PrometheusAddress | undefined {
  const [, namespace, service, port, path = ''] = serviceAddress.exec(text) ?? [];
  if (namespace === undefined || service === undefined) return parseUrl(text, problems);
  const number = Number(port);
  if (path.split('/').some(part => part === '.' || part === '..') || number === 0 || number > 65_535) {
    problems.invalid('prometheus', {
      expected: 'a Service of the cluster as namespace/service:port',
      found: quote(text),
      hint: 'Write for example `prometheus: monitoring/prometheus:9090`',
    });
    return undefined;
  }
  return { kind: 'service', namespace, service, ...(port !== undefined && { port }), path };
}

/** http or https, nothing but a host and perhaps a path, and no credentials in it. */
function parseUrl(text: string, problems: InputProblems): PrometheusAddress | undefined {
  const hint =
    'Write for example `prometheus: https://prometheus.example.com` or `prometheus: monitoring/prometheus:9090`';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    problems.invalid('prometheus', {
      expected: 'a URL without user and password: everyone who can read the pipeline could read them',
      found: 'a URL with credentials',
      hint: 'Put them into a Generic service connection, and name that as `prometheusServiceConnection`',
    });
    return undefined;
  }
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    problems.invalid('prometheus', {
      expected: 'an http or https URL without `?` and `#`, namespace/service:port, or `none`',
      found: text.includes('@') ? 'something else, perhaps with credentials' : quote(text),
      hint,
    });
    return undefined;
  }
  return { kind: 'url', url: url.href.replace(/\/+$/, '') };
}

/**
 * Reads label matchers (`cluster="prod", region=~"eu-.*"`) and writes them in one form. Nothing but whole matchers is
 * let through, so no brace or quote can end the query that they are put into.
 */
export function parseMetricLabels(text: string, problems: InputProblems): string {
  const matchers: string[] = [];
  matcher.lastIndex = 0;
  while (matcher.lastIndex < text.length) {
    const [whole, label = '', operator, value] = matcher.exec(text) ?? [];
    const trailingComma = whole?.endsWith(',') === true && matcher.lastIndex === text.length;
    if (whole === undefined || trailingComma || ourLabels.includes(label)) {
      problems.invalid('metricLabels', {
        expected: ourLabels.includes(label)
          ? `no matcher of \`${label}\`, which the queries set themselves`
          : 'label matchers with values in double quotes, separated by commas',
        found: quote(text),
        hint: 'Write for example `metricLabels: cluster="production"`',
      });
      return '';
    }
    matchers.push(`${label}${operator}${value}`);
  }
  return matchers.join(',');
}

/** Whether this names a Service, to be asked through the API server. */
export function isServiceAddress(text: string): boolean {
  return serviceAddress.test(text);
}
