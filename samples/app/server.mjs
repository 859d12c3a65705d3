// The sample app: a small web server that can be told to be slow, to fail, to crash, and to take its time.
// Environment (all optional):
//   PORT 8080                LISTEN_ADDRESS 0.0.0.0
//   VERSION dev              given in every answer, as JSON and in the header x-app-version
//   SUCCESS_RATE 100         percent of the requests that are answered with 200; the rest get 500. The failures are
//                            spread evenly, not drawn: at 90 every tenth request fails, the tenth being the first
//   DELAY_MS 0               how long each answer takes
//   STARTUP_MS 0             how long until it is ready; until then / and /ready answer 503
//   SHUTDOWN_MS 1000         how long it goes on serving after SIGTERM, while /ready already answers 503
//   CRASH_AFTER_REQUESTS     exit when so many requests have been answered
//   EXIT_AFTER_MS            exit so long after the start
//   EXIT_CODE 1              with which code the two above exit
// Paths: /ready, /healthz, /metrics (Prometheus); every other path is the app.
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const settings = {
  port: number('PORT', 8080),
  address: process.env.LISTEN_ADDRESS || '0.0.0.0',
  version: process.env.VERSION || 'dev',
  pod: process.env.POD_NAME || process.env.HOSTNAME || hostname(),
  successRate: number('SUCCESS_RATE', 100),
  delayMs: number('DELAY_MS', 0),
  startupMs: number('STARTUP_MS', 0),
  shutdownMs: number('SHUTDOWN_MS', 1000),
  crashAfterRequests: number('CRASH_AFTER_REQUESTS', Number.POSITIVE_INFINITY),
  exitAfterMs: number('EXIT_AFTER_MS', Number.POSITIVE_INFINITY),
  exitCode: number('EXIT_CODE', 1),
};

/** Variables are text: one that is no number must not silently become a rate at which everything fails. */
function number(name, fallback) {
  const text = process.env[name]?.trim();
  if (!text) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) {
    console.error(`${name} must be a number from 0 up, but is ${JSON.stringify(text)}`);
    process.exit(2);
  }
  return value;
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const bucketCounts = buckets.map(() => 0);
const requestsByCode = new Map([
  [200, 0],
  [500, 0],
]);
let secondsInAll = 0;
let answered = 0;
let failuresDue = 0;
let draining = false;
const startedAt = performance.now();

const starting = () => performance.now() - startedAt < settings.startupMs;

/** Each request adds its share of a failure; when a whole one is due, it is this request's. */
function nextCode() {
  failuresDue += (100 - Math.min(settings.successRate, 100)) / 100;
  // Shares such as 0.1 are not exact in binary: ten of them must still make one.
  if (failuresDue < 1 - 1e-9) return 200;
  failuresDue -= 1;
  return 500;
}

function count(code, seconds) {
  requestsByCode.set(code, (requestsByCode.get(code) ?? 0) + 1);
  secondsInAll += seconds;
  buckets.forEach((edge, index) => {
    if (seconds <= edge) bucketCounts[index]++;
  });
  answered++;
}

function metrics() {
  const all = [...requestsByCode.values()].reduce((sum, value) => sum + value, 0);
  return [
    '# HELP app_info The version that runs.',
    '# TYPE app_info gauge',
    `app_info{version=${JSON.stringify(settings.version)}} 1`,
    '# HELP http_requests_total Requests answered by the app.',
    '# TYPE http_requests_total counter',
    ...[...requestsByCode].map(([code, value]) => `http_requests_total{code="${code}"} ${value}`),
    '# HELP http_request_duration_seconds Time from request to answer.',
    '# TYPE http_request_duration_seconds histogram',
    ...buckets.map(
      (edge, index) => `http_request_duration_seconds_bucket{le="${edge}"} ${bucketCounts[index]}`,
    ),
    `http_request_duration_seconds_bucket{le="+Inf"} ${all}`,
    `http_request_duration_seconds_sum ${secondsInAll}`,
    `http_request_duration_seconds_count ${all}`,
    '',
  ].join('\n');
}

function send(response, code, body, type = 'application/json') {
  // Whoever talks to us must take another connection next time; this one ends with the answer.
  if (draining) response.setHeader('connection', 'close');
  const length = Buffer.byteLength(body);
  response.writeHead(code, {
    'content-type': type,
    'content-length': length,
    'x-app-version': settings.version,
  });
  response.end(body);
}

function answer(response) {
  const arrived = performance.now();
  const { version, pod } = settings;
  if (starting()) {
    send(response, 503, JSON.stringify({ version, pod, error: 'starting' }));
    return;
  }
  const code = nextCode();
  const finish = () => {
    count(code, (performance.now() - arrived) / 1000);
    send(
      response,
      code,
      JSON.stringify(code === 200 ? { version, pod } : { version, pod, error: 'told to fail' }),
    );
    if (answered >= settings.crashAfterRequests)
      response.once('close', () => process.exit(settings.exitCode));
  };
  if (settings.delayMs > 0) setTimeout(finish, settings.delayMs);
  else finish();
}

const server = createServer((request, response) => {
  request.resume();
  const [path] = request.url.split('?');
  if (path === '/healthz') send(response, 200, 'ok', 'text/plain');
  else if (path === '/metrics') send(response, 200, metrics(), 'text/plain; version=0.0.4');
  else if (path !== '/ready') answer(response);
  else if (starting()) send(response, 503, 'starting', 'text/plain');
  else if (draining) send(response, 503, 'shutting down', 'text/plain');
  else send(response, 200, 'ready', 'text/plain');
});
// A proxy keeps its connections longer than Node's 5 s; who closes first must not be us, in the middle of a request.
server.keepAliveTimeout = 75_000;

server.listen(settings.port, settings.address, () => {
  console.log(`version ${settings.version} listens on ${settings.address}:${settings.port}`);
});

process.on('SIGTERM', () => {
  if (draining) return;
  draining = true;
  console.log(`SIGTERM: not ready any more, serving on for ${settings.shutdownMs} ms`);
  // Then idle connections are closed, and each of the others when its answer is out.
  setTimeout(() => server.close(() => process.exit(0)), settings.shutdownMs);
});

if (Number.isFinite(settings.exitAfterMs)) {
  setTimeout(() => process.exit(settings.exitCode), settings.exitAfterMs);
}
