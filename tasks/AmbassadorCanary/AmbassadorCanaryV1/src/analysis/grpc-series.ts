import type { Duration } from '../release/duration.ts';
import { rawSamples, type Selection } from './emissary-queries.ts';
import type { Labels, MatrixSeries } from './query-result.ts';

/**
 * Envoy's gRPC statistics, one counter a status: `envoy_cluster_grpc_0`, and with methods told apart `envoy_cluster_grpc_Get_0`.
 * They exist where `grpc_stats` is set in Emissary's Module. Tried on Envoy 1.40.
 */
const metric = /^envoy_cluster_grpc_(?:.+_)?(\d+)$/;
const anyMethod = '__name__=~"envoy_cluster_grpc_(.+_)?[0-9]+"';

/**
 * The statuses that are the server's fault, as class 5 is in HTTP, by gRPC's own table of codes: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED,
 * INTERNAL, UNAVAILABLE, DATA_LOSS. The others are answers to what the caller asked, as a 404 is.
 */
const serverFaults = new Set(['2', '4', '12', '13', '14', '15']);

/** The raw samples of answered calls by their status. */
export function callsQuery(selection: Selection, range: Duration): string {
  return rawSamples('', selection, range, [anyMethod]);
}

/** Answered calls as if they were HTTP answers, of class 5 where the server is at fault and of class 2 else: one source with an Envoy's other series. */
export function asAnswers(series: readonly MatrixSeries[]): readonly MatrixSeries[] {
  return series.flatMap(({ labels, samples }) => {
    const status = metric.exec(labels.__name__ ?? '')?.[1];
    return status === undefined ? [] : [{ labels: answerLabels(labels, status), samples }];
  });
}

function answerLabels(labels: Labels, status: string): Labels {
  const { __name__ = '', envoy_grpc_bridge_service, envoy_grpc_bridge_method, ...rest } = labels;
  const method = [envoy_grpc_bridge_service, envoy_grpc_bridge_method].filter(Boolean).join('.');
  return {
    ...rest,
    __name__: `${__name__} ${method}`,
    envoy_response_code_class: serverFaults.has(status) ? '5' : '2',
  };
}
