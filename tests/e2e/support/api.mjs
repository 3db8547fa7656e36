// The stack under test, and people who use it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { checkAnswer } from './contract.mjs';
import { curl } from './curl.mjs';
import { stack } from './settings.mjs';

export { stack };

const scratch = mkdtempSync(join(tmpdir(), 'sotto-e2e-'));
const loggedIn = [];
const run = randomBytes(4).toString('hex');

/** A user name that no other run has. */
export function uniqueName(hint) {
    return `${hint}-${run}${randomBytes(2).toString('hex')}`;
}

/** A file name in a folder that goes when the test file is done. */
export function scratchFile(hint) {
    return join(scratch, `${hint}-${randomBytes(4).toString('hex')}`);
}

/** One client of the API: what it carries along with each call. */
export class Client {
    /** `jar`: cookie jar; `token`: bearer token; `url`, `ca`: another stack than the one under test */
    constructor({ jar, token, url = stack.url, ca = stack.ca } = {}) {
        Object.assign(this, { jar, token, url, ca });
    }

    /** A request whose answer is held against the OpenAPI document. `path` is below /api/v1 unless `root` is set. */
    async call(method, path, { root = false, ...options } = {}) {
        const target = `${root ? '' : '/api/v1'}${path}`;
        const answer = await this.plain(method, target, options);
        checkAnswer(method, target.split(/[?#]/)[0], answer);
        return answer;
    }

    /** A request for something that is not part of the API. */
    plain(method, path, { headers = [], ...options } = {}) {
        const keep = method !== 'GET' && path.startsWith('/api/v1/sessions'); // the calls that set cookies
        const bearer = this.token === undefined ? [] : [['Authorization', `Bearer ${this.token}`]];
        return curl(method, this.url + path, {
            jar: this.jar,
            keep,
            ca: this.ca,
            headers: [...bearer, ...headers],
            ...options,
        });
    }

    get(path, options) {
        return this.call('GET', path, options);
    }

    post(path, json, options) {
        return this.call('POST', path, { json, ...options });
    }

    put(path, json, options) {
        return this.call('PUT', path, { json, ...options });
    }

    delete(path, options) {
        return this.call('DELETE', path, options);
    }

    /** Sends a message, which must be stored; resolves to it. */
    async send(message, options) {
        const answer = await this.post('/messages', message, options);
        assert.equal(answer.status, 201, String(answer));
        return answer.json();
    }

    /** Sends `count` texts to `recipient`, in order; resolves to the messages. */
    async sendTexts(recipient, count) {
        const messages = [];
        for (let i = 1; i <= count; i++) messages.push(await this.send({ recipient, type: 'text', text: `text ${i}` }));
        return messages;
    }

    /** A read, which must succeed; resolves to its JSON. */
    async read(path) {
        const answer = await this.get(path);
        assert.equal(answer.status, 200, String(answer));
        return answer.json();
    }
}

/** Somebody with no session. */
export const stranger = new Client();

/** Creates a user; resolves to name, password, display name and `others`, what was given beside these. */
export async function signUp(hint, others = {}, where = {}) {
    const person = { name: uniqueName(hint), password: `pass ${randomBytes(9).toString('base64')}`, ...others };
    const { name, password, ...further } = person;
    const answer = await new Client(where).post('/users', { user_name: name, password, ...further });
    assert.equal(answer.status, 201, String(answer));
    return person;
}

/** Logs in; resolves to a client with a cookie jar, or with the token where `by` is "token". */
export async function logIn(person, by = 'cookie', where = {}) {
    const jar = scratchFile('jar');
    const answer = await new Client({ jar, ...where }).post('/sessions', {
        user_name: person.name,
        password: person.password,
        token: true,
    });
    assert.equal(answer.status, 201, String(answer));
    const { session, token } = answer.json();
    const client = new Client(by === 'cookie' ? { jar, ...where } : { token, ...where });
    Object.assign(client, { name: person.name, session, sessionToken: token });
    loggedIn.push(new Client({ token, ...where }));
    return client;
}

/** Signs up and logs in at once. */
export async function newcomer(hint, others, where) {
    return logIn(await signUp(hint, others, where), 'cookie', where);
}

/** Fails unless the answer is the problem of this slug. */
export function assertProblem(answer, status, slug) {
    assert.equal(answer.status, status, String(answer));
    assert.equal(answer.header('Content-Type'), 'application/problem+json');
    assert.equal(answer.json().type, `/problems#${slug}`, String(answer));
}

/** Fails unless the answer is a `validation` problem with exactly these fields and codes, e.g. { text: 'too_long' }. */
export function assertInvalid(answer, fields) {
    assertProblem(answer, 422, 'validation');
    const found = Object.fromEntries(answer.json().errors.map(({ field, code }) => [field, code]));
    assert.deepEqual(found, fields, String(answer));
}

/** Waits until `condition` resolves to something truthy, which it returns; fails after `seconds`. */
export async function eventually(what, seconds, condition) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > deadline) assert.fail(`not within ${seconds} s: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

after(async () => {
    // Ends what is still open; a session that a test has ended answers 401, a stack that a test has stopped not at all.
    await Promise.allSettled(loggedIn.map((client) => client.delete('/sessions/current')));
    rmSync(scratch, { recursive: true, force: true });
});
