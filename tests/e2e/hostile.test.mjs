// Hostile strings through every field of every call: each comes back unchanged or is refused in the documented form.
// No header is split, no line of a log forged, no path escaped, no statement broken.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, logIn, newcomer, signUp, stack, uniqueName } from './support/api.mjs';
import { checkAnswer, document } from './support/contract.mjs';
import { Answer } from './support/curl.mjs';
import { everyString } from './support/hostile-strings.mjs';
import { mapInParallel } from './support/https.mjs';

const agent = new Agent({ ca: readFileSync(stack.ca), keepAlive: true, maxSockets: 8 });
let person, alice, bob, bystander, message, seen, errorsBefore;

/**
 * One request as `client`, or as nobody, on a kept connection. The path goes out as it stands, without what a URL
 * class makes of it. Where `described`, the answer is held against the OpenAPI document.
 */
async function call(client, method, path, { headers = {}, body, type = 'application/json', described = true } = {}) {
    const credentials = client && { Authorization: `Bearer ${client.sessionToken}` };
    const sent = body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
    const answer = await new Promise((resolve, reject) => {
        const all = { ...credentials, ...sent, ...headers };
        const outgoing = request(stack.url, { method, path, agent, headers: all, timeout: 30_000 }, (incoming) => {
            const chunks = [];
            incoming.on('data', (chunk) => chunks.push(chunk));
            incoming.on('error', reject);
            incoming.on('end', () => {
                const names = new Map();
                for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
                    const name = incoming.rawHeaders[i].toLowerCase();
                    names.set(name, [...(names.get(name) ?? []), incoming.rawHeaders[i + 1]]);
                }
                resolve(new Answer(incoming.httpVersion, incoming.statusCode, names, Buffer.concat(chunks)));
            });
        });
        outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
        outgoing.on('error', reject);
        outgoing.end(body);
    });
    if (described) checkAnswer(method, path.split('?')[0], answer);
    const what = `${method} ${path} ${body}\n${answer}`;
    assert.ok(answer.status < 500, what);
    assert.doesNotMatch(answer.body.toString(), /root:x:0|PRIVATE KEY|SQL syntax|MariaDB/, what);
    for (const name of ['X-Injected', 'Location', 'Link'])
        assert.doesNotMatch(answer.header(name) ?? '', /evil|yes/, what);
    assert.ok(!(answer.headers.get('set-cookie') ?? []).some((cookie) => cookie.includes('owned')), what);
    return answer;
}

/** How often workers have met an error of the database's. */
async function databaseErrors() {
    const text = await (await fetch(stack.metricsUrl)).text();
    return /^sotto_database_errors_total\{kind="error"\} (\d+)$/m.exec(text)[1];
}

/** All that the bystander has, which nobody else may change. */
const snapshot = async () => ({
    profile: await bystander.read('/users/me'),
    inbox: await bystander.read('/conversations'),
    messages: await bystander.read(`/messages?with=${bob.name}`),
    blocks: await bystander.read('/blocks'),
});

before(async () => {
    person = await signUp('alice');
    [alice, bob, bystander] = [await logIn(person), await newcomer('bob'), await newcomer('bystander')];
    message = await alice.send({ recipient: bob.name, type: 'text', text: 'first' });
    await bystander.send({ recipient: bob.name, type: 'text', text: 'between the two of us' });
    seen = await snapshot();
    errorsBefore = await databaseErrors();
});

after(() => agent.destroy());

/** A well-formed value of each field that takes text or a number; a new field needs one here. */
const wellFormed = {
    user_name: () => uniqueName('hostile'),
    password: () => 'a long enough passphrase',
    email: () => 'alice@example.org',
    display_name: () => 'Alice',
    current_password: () => person.password,
    new_password: () => 'another long passphrase',
    recipient: () => bob.name,
    sender: () => alice.name,
    text: () => 'a caption',
    url: () => 'https://example.org/a',
    width: () => 640,
    height: () => 480,
    duration_s: () => 212,
    source: () => 'youtube',
    seq: () => 1,
    token: () => true,
    id: () => message.id,
    between: () => `${alice.name},${bob.name}`,
    with: () => bob.name,
    box: () => 'sent',
    page: () => 1,
    per_page: () => 50,
    upto: () => 1,
    before: () => 1,
    after: () => 0,
    order: () => 'asc',
    'If-None-Match': () => '"x"',
    'Idempotency-Key': () => uniqueName('key'),
};

function resolve(node) {
    return node?.$ref
        ? node.$ref
              .slice(2)
              .split('/')
              .reduce((at, part) => at[part], document)
        : node;
}

/** The schemas of a call's JSON body: one, or one for each type of message. */
function bodySchemas(operation) {
    const schema = resolve(resolve(operation.requestBody)?.content?.['application/json']?.schema);
    return schema === undefined ? [] : (schema.oneOf ?? [schema]).map(resolve);
}

/** Every place in the document where a client may put something: { method, path, where, field, schema }. */
const places = Object.entries(document.paths).flatMap(([path, item]) =>
    ['get', 'put', 'post', 'patch', 'delete'].flatMap((method) => {
        const operation = item[method];
        if (!operation || item.servers) return [];
        const base = { method: method.toUpperCase(), path };
        const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
        const fields = bodySchemas(operation).flatMap((schema) =>
            Object.keys(schema.properties).map((field) => ({ ...base, where: 'body', field, schema })),
        );
        return [
            ...parameters.map(({ in: where, name: field }) => ({
                ...base,
                where,
                field,
                schema: bodySchemas(operation)[0],
            })),
            ...fields,
        ];
    }),
);

/** The well-formed call of a place but for `value` in it: { path, headers, fields }. */
function fill({ path, where, field, schema }, value) {
    const fields = {};
    for (const [name, property] of Object.entries(schema?.properties ?? {})) {
        const fixed = resolve(property).const;
        if (fixed !== undefined || schema.required?.includes(name)) fields[name] = fixed ?? wellFormed[name]();
    }
    if (where === 'body') fields[field] = value;
    const target = path.replace(/\{(\w+)\}/g, (_, name) =>
        encodeURIComponent(
            name === field && where === 'path' ? value : name === 'user_name' ? bob.name : wellFormed[name](),
        ),
    );
    const query = where === 'query' ? `?${field}=${encodeURIComponent(value)}` : '';
    const headers = where === 'header' ? { [field]: inHeader(value) } : {};
    return { path: `/api/v1${target}${query}`, headers, fields: schema && fields };
}

/**
 * Whether HTTP can carry the text there: no control characters in a header, and no half of a surrogate pair in an
 * address.
 */
function canCarry(where, text) {
    if (where === 'header') return !/[\0-\x08\x0a-\x1f\x7f]/.test(text);
    return where === 'body' || !/\p{Surrogate}/u.test(text);
}

/** UTF-8 for a header, which Node writes byte by byte. */
const inHeader = (text) => Buffer.from(text).toString('latin1');

/** What a call gives back, where it gives back the field at all. */
function echoOf(answer, field) {
    if (![200, 201].includes(answer.status) || !answer.header('Content-Type')?.includes('json')) return undefined;
    const json = answer.json();
    return (json.user ?? json)[field];
}

/** Whether two calls at once would each find what the other one has made. */
const changesItsOwn = ({ method, field }) => method === 'PATCH' || field === 'new_password';

describe('through every field of every call', () => {
    for (const place of places) {
        const { method, path, where, field } = place;
        const type =
            where === 'body' && place.schema.properties.type
                ? ` (${place.schema.title ?? JSON.stringify(place.schema.properties.type)})`
                : '';
        test(`${method} ${path}${type}: ${where} ${field}`, async () => {
            assert.ok(field === 'type' || wellFormed[field], `${field} is new: what is a well-formed one?`);
            const client = path === '/users' || path === '/sessions' ? undefined : alice;
            await mapInParallel(
                everyString.filter((value) => canCarry(where, value)),
                changesItsOwn(place) ? 1 : 4,
                async (text) => {
                    const { path: target, headers, fields } = fill(place, text);
                    // A text with a slash, or none at all, makes another path of it.
                    const described = where !== 'path' || !/^\.{0,2}$|\//.test(text);
                    const body = fields && JSON.stringify(fields);
                    const answer = await call(client, method, target, { headers, body, described });
                    const echo = echoOf(answer, field);
                    if (echo !== undefined)
                        assert.equal(echo, foldedFields.includes(field) ? text.toLowerCase() : text, target);
                    if (path === '/users' && field === 'password' && answer.status === 201)
                        await logsIn(fields.user_name, text);
                    if (path === '/users/me/password' && answer.status === 204) person.password = fields.new_password;
                },
            );
        });
    }
});

const foldedFields = ['user_name', 'recipient', 'sender', 'source'];

/** Fails unless this is the user's password. */
async function logsIn(name, password) {
    const answer = await call(undefined, 'POST', '/api/v1/sessions', {
        body: JSON.stringify({ user_name: name, password }),
    });
    assert.equal(answer.status, 201, String(answer));
}

test('a stored text is the one that was sent, wherever it is read', async () => {
    const texts = everyString.filter(
        (text) => !/[\0\p{Surrogate}]/u.test(text) && text.trim() !== '' && text.length <= 4000,
    );
    const stored = [];
    for (const text of texts) {
        const answer = await call(alice, 'POST', '/api/v1/messages', {
            body: JSON.stringify({ recipient: bob.name, type: 'text', text }),
        });
        if (answer.status === 201) stored.push(text);
        else assert.equal(answer.status, 422, String(answer));
    }
    assert.ok(stored.length > 0.9 * texts.length, `${stored.length} of ${texts.length}`);
    const ends = (messages) => messages.slice(-stored.length).map(({ text }) => text);
    assert.deepEqual(ends((await bob.read(`/messages?with=${alice.name}&order=asc`)).messages), stored);
    assert.equal(
        (await bob.read('/conversations')).conversations.find((one) => one.with.user_name === alice.name).last_message
            .text,
        stored.at(-1),
    );
    const page = await call(undefined, 'GET', `/plain/${alice.name}`, {
        headers: { Cookie: `__Host-session=${bob.sessionToken}` },
        described: false,
    });
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.text(), /<script|<svg|<img src=x|<!--#/);
});

test('through the forms', async () => {
    const form = (path, fields) =>
        call(path === '/messages' ? alice : undefined, 'POST', `/api/v1${path}`, {
            body: new URLSearchParams(fields).toString(),
            type: 'application/x-www-form-urlencoded',
        });
    const calls = [
        ['/messages', { recipient: () => bob.name, type: () => 'text', text: () => 'x' }],
        ['/sessions', { user_name: () => alice.name, password: () => 'not it, surely' }],
        [
            '/users',
            {
                user_name: () => uniqueName('form'),
                password: () => 'long enough, surely',
                display_name: () => 'x',
                email: () => 'a@b.c',
            },
        ],
    ];
    for (const [path, fields] of calls) {
        for (const field of Object.keys(fields)) {
            await mapInParallel(everyString, 4, async (text) => {
                const filled = Object.fromEntries(
                    Object.entries(fields).map(([name, value]) => [name, name === field ? text : value()]),
                );
                const answer = await form(path, filled);
                assert.equal(answer.status, 303, String(answer));
                assert.match(
                    answer.header('Location'),
                    /^\/(?:plain\/?[a-z0-9._-]*)?(?:#[a-z0-9_-]+)?$/,
                    `${path} ${field} ${text}`,
                );
            });
        }
    }
});

test('through the headers', async () => {
    const names = [
        'Accept',
        'Accept-Language',
        'Authorization',
        'Content-Type',
        'Cookie',
        'If-None-Match',
        'Origin',
        'Range',
        'Referer',
        'Sec-Fetch-Site',
        'User-Agent',
        'X-Forwarded-For',
        'X-Request-Id',
        'Last-Event-ID',
    ];
    for (const name of names) {
        await mapInParallel(
            everyString.filter((text) => canCarry('header', text)),
            4,
            async (text) => {
                const answer = await call(alice, 'GET', '/api/v1/users/me', { headers: { [name]: inHeader(text) } });
                if (name !== 'Accept' && name !== 'Authorization' && text.length < 8000)
                    assert.equal(answer.status, 200, `${name}: ${text}\n${answer}`);
            },
        );
    }
});

test('a User-Agent comes back as its printable part', async () => {
    for (const text of everyString.filter((value) => canCarry('header', value) && value.length < 8000)) {
        const body = JSON.stringify({ user_name: person.name, password: person.password, token: true });
        const answer = await call(undefined, 'POST', '/api/v1/sessions', {
            body,
            headers: { 'User-Agent': inHeader(text) },
        });
        assert.equal(answer.status, 201, String(answer));
        const { session, token } = answer.json();
        assert.equal(
            session.user_agent,
            inHeader(text)
                .trim()
                .slice(0, 255)
                .replace(/[^ -~]/g, ''),
        );
        await call({ sessionToken: token }, 'DELETE', '/api/v1/sessions/current');
    }
});

test('through the paths of files', async () => {
    const secret = readFileSync(join(stack.folder, 'keys'), 'utf8').trim().split(/\s+/).at(-1);
    const raw = (text) => text.replace(/[^!-~]/gu, (c) => encodeURIComponent(c));
    for (const text of everyString.filter((value) => !/\p{Surrogate}/u.test(value))) {
        for (const path of [raw(text), encodeURIComponent(text), raw(text).replaceAll('/etc/passwd', '/keys')]) {
            for (const folder of ['/', '/assets/', '/api/v1/', '/plain/']) {
                const answer = await call(undefined, 'GET', folder + path, { described: false });
                assert.equal(answer.body.includes(secret), false, folder + path);
                if (answer.status === 200) assert.match(path, /^(?:%20|[./\\#?]|x[?#]|[?#])*/, folder + path);
            }
        }
    }
});

describe('afterwards', () => {
    test('nobody else has lost or changed anything', async () => {
        assert.deepEqual(await snapshot(), seen);
        await logsIn(person.name, person.password);
    });

    test('no statement has failed', async () => {
        assert.equal(await databaseErrors(), errorsBefore);
    });

    test('each line of the logs is one that was written as one', async () => {
        const folder = join(stack.folder, 'log');
        const { request_id: last } = (await alice.get('/nothing')).json();
        const lines = (name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
        await eventually('the logs are complete', 5, () => lines('access.log').some((line) => line.includes(last)));
        for (const line of lines('access.log')) {
            const { status, path } = JSON.parse(line);
            assert.ok(Number.isInteger(status) && path !== '/forged', line);
        }
        for (const name of readdirSync(folder).filter((file) => /^(?:api|auth|hub)\.log$/.test(file))) {
            for (const line of lines(name)) {
                assert.match(
                    line,
                    /^ts=20(?!00)[^ ]+Z level=[a-z]+ msg=(?:[^" =]+|"(?:[^"\\]|\\.)*")(?: [a-z_]+=(?:[^" =]*|"(?:[^"\\]|\\.)*"))*$/,
                    line,
                );
            }
        }
        for (const line of lines('nginx.log')) assert.match(line, /^20\d\d\/\d\d\/\d\d [0-9:]{8} \[/, line);
    });
});
