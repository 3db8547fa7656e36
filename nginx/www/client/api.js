// The HTTP API, /api/v1.

/** An answer that says no: RFC 9457's problem. `kind` is the last part of its type, `errors` what is wrong with which field. */
export class Problem extends Error {
    constructor(status, { type = '', detail = '', errors = [] }, retryAfter) {
        super(detail);
        this.status = status;
        this.kind = type.split('#')[1] ?? '';
        this.errors = errors;
        this.retryAfter = retryAfter;
    }

    /** Whether the same call may well succeed later. */
    get isTemporary() {
        return this.status >= 500 || this.status === 429;
    }
}

/** No answer at all: the network, or a server that is away. */
export class Unreachable extends Error {
    isTemporary = true;
}

let sessionEnded = () => {};

/** Has `listener` called when a call is answered with 401 since the session is over. */
export function onSessionEnd(listener) {
    sessionEnded = listener;
}

/**
 * Calls `path` below /api/v1 with an optional JSON body, Idempotency-Key and If-None-Match.
 * Returns { status, etag, json }; a 304 has no json. Throws a Problem or Unreachable.
 */
export async function call(method, path, { body, key, etag } = {}) {
    const headers = { Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    if (etag) headers['If-None-Match'] = etag;
    let response;
    let json;
    try {
        response = await fetch(`/api/v1${path}`, {
            method,
            headers,
            body: body === undefined ? undefined : JSON.stringify(body),
            cache: 'no-store',
            signal: AbortSignal.timeout(30_000),
        });
        const text = await response.text();
        json = text && /json/.test(response.headers.get('Content-Type')) ? JSON.parse(text) : undefined;
    } catch (error) {
        throw new Unreachable(error.message);
    }
    if (response.status >= 400) {
        const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
        const problem = new Problem(response.status, json ?? {}, retryAfter);
        if (problem.kind === 'unauthenticated') sessionEnded();
        throw problem;
    }
    return { status: response.status, etag: response.headers.get('ETag'), json };
}

export const get = async (path) => (await call('GET', path)).json;
export const post = async (path, body) => (await call('POST', path, { body })).json;
export const put = async (path, body) => (await call('PUT', path, { body })).json;
export const patch = async (path, body) => (await call('PATCH', path, { body })).json;
export const remove = async (path, body) => (await call('DELETE', path, { body })).json;

/** A bounded wait before the next try: at random, so that clients don't all come back at once. Milliseconds. */
export function waitAfter(failures, longest = 60_000) {
    return Math.random() * Math.min(1000 * 2 ** failures, longest);
}
