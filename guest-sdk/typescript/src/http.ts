/**
 * Calls over HTTP, by the host's built-in activity `http`. Every attempt of a call carries the same `Idempotency-Key`. The
 * statuses 408, 425, 429 and 5xx are tried again by the retry policy; other statuses that are no success fail at once.
 */

import { type ActivityOptions, scheduleActivity } from './activity.js';
import { type Duration, milliseconds } from './duration.js';
import { ApplicationFailure } from './failures.js';

const START_TO_CLOSE_DEFAULT = '30s';

export interface HttpOptions extends ActivityOptions {
  /** The body, as JSON. */
  json?: unknown;
  /** Of the request. */
  requestHeaders?: Record<string, string>;
  /** Limits the request itself, more narrowly than the attempt as a whole. */
  timeout?: Duration;
}

/** The response to a request that succeeded. */
export interface HttpResponse<T> {
  /** From 200 to 299. */
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Record<string, string>;
  /** Read as JSON, or a text. */
  readonly body: T;
}

/** The response to a request that failed by its status. */
export interface HttpErrorStatus {
  readonly status: number;
  readonly body: unknown;
}

type Send = <T = unknown>(url: string, options?: HttpOptions) => Promise<HttpResponse<T>>;

const sender =
  (method: string): Send =>
  (url, options) =>
    request(method, url, options);

export const http = {
  get: sender('GET'),
  post: sender('POST'),
  put: sender('PUT'),
  patch: sender('PATCH'),
  delete: sender('DELETE'),
  request,
  errorStatus,
};

function request<T = unknown>(
  method: string,
  url: string,
  options: HttpOptions = {},
): Promise<HttpResponse<T>> {
  const { json, requestHeaders, timeout, ...activity } = options;
  const call = {
    method,
    url,
    headers: requestHeaders,
    body: json,
    timeout: timeout === undefined ? undefined : `${milliseconds(timeout, 'timeout')}ms`,
  };
  return scheduleActivity('http', [call], { startToCloseTimeout: START_TO_CLOSE_DEFAULT, ...activity });
}

/** The response behind a failure, if a request failed by its status. */
function errorStatus(error: unknown): HttpErrorStatus | undefined {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (link instanceof ApplicationFailure && link.type === 'HttpStatus')
      return link.details[0] as HttpErrorStatus;
  }
  return undefined;
}
