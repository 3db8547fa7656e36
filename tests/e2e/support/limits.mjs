// One row of a table of limits, held against the server and against the OpenAPI document: what one takes, both take.

import assert from 'node:assert/strict';
import { assertInvalid } from './api.mjs';
import { acceptsBody } from './contract.mjs';

/** Four bytes in UTF-8, one code point. */
export const four = '𝄞';

export const letters = (count) => 'x'.repeat(count);

/**
 * Sends `body`, and expects a status, or a `validation` problem with exactly these fields and codes.
 * `schema: false`: the document can't know, since it takes a rule that JSON Schema has no words for.
 */
export async function check(client, method, path, body, expected, { schema = true } = {}) {
    const answer = await client.call(method, path, { json: body });
    if (typeof expected === 'number') assert.equal(answer.status, expected, String(answer));
    else assertInvalid(answer, expected);
    if (schema) assert.equal(acceptsBody(method, path, body), typeof expected === 'number', 'the document disagrees');
}
