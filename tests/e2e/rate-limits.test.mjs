// Rate limits, on a stack of its own, since the one under test has them off.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { assertProblem, Client, eventually, logIn, signUp, stack } from './support/api.mjs';
import { runCurl } from './support/curl.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sotto-rate-'));
let dev, where;

async function freePort() {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

before(async () => {
    const [https, http, metrics] = [await freePort(), await freePort(), await freePort()];
    const env = {
        ...process.env,
        SOTTO_VAR: join(folder, 'var'),
        SOTTO_HTTPS_PORT: String(https),
        SOTTO_HTTP_PORT: String(http),
        SOTTO_METRICS_PORT: String(metrics),
        SOTTO_RATE_LIMIT: 'on',
        SOTTO_WORKERS: '2',
        SOTTO_AUTH_WORKERS: '1',
    };
    dev = (...command) => promisify(execFile)(stack.dev, command, { env, timeout: 180_000 });
    await dev('up');
    where = { url: `https://localhost:${https}`, ca: join(folder, 'var/tls/localhost.crt') };
});

after(async () => {
    await dev?.('down');
    rmSync(folder, { recursive: true, force: true });
});

function assertLimited(answer) {
    assertProblem(answer, 429, 'rate-limited');
    assert.ok(Number(answer.header('Retry-After')) >= 1);
}

describe('a client that asks too fast', () => {
    let alice, bob;

    /** Of `count` reads at once on one connection: the status of each, and its Retry-After. */
    async function flood(client, count) {
        const output = await runCurl(
            [
                '--silent',
                '--cacert',
                where.ca,
                '--cookie',
                client.jar,
                '--output',
                '/dev/null',
                '--parallel',
                '--write-out',
                '%{http_code} %header{retry-after}\n',
                `${where.url}/api/v1/users/me#[1-${count}]`,
            ],
            '',
            60,
        );
        return [...output.toString().matchAll(/^(\d+) (\d*)$/gm)].map(([, status, retryAfter]) => ({
            status: Number(status),
            retryAfter: Number(retryAfter),
        }));
    }

    before(async () => {
        alice = await logIn(await signUp('alice', {}, where), 'cookie', where);
        bob = await logIn(await signUp('bob', {}, where), 'cookie', where);
    });

    test('reading: 429 with Retry-After, for this session and not for another', async () => {
        const answers = await flood(alice, 400);
        assert.ok(answers.filter(({ status }) => status === 200).length >= 100, 'a burst is let through');
        const limited = answers.filter(({ status }) => status !== 200);
        assert.ok(limited.length > 0);
        for (const { status, retryAfter } of limited) assert.ok(status === 429 && retryAfter >= 1, `${status} ${retryAfter}`);
        assert.equal((await bob.get('/users/me')).status, 200);
    });

    test('after Retry-After it is served again', async () => {
        const { retryAfter } = (await flood(alice, 400)).find(({ status }) => status === 429);
        await new Promise((resolve) => setTimeout(resolve, 1000 * retryAfter));
        assert.equal((await alice.get('/users/me')).status, 200);
    });

    test('log-in: a handful a minute for an address, whatever the user', async () => {
        const client = new Client(where);
        const answers = [];
        for (let i = 0; i < 30; i++) {
            answers.push(await client.post('/sessions', { user_name: `nobody-${i}`, password: 'long enough, surely' }));
        }
        const limited = answers.filter(({ status }) => status === 429);
        assert.ok(limited.length >= 3 && answers[0].status === 401, answers.map(({ status }) => status).join(' '));
        limited.forEach(assertLimited);
        assertLimited(await client.post('/users', { user_name: 'late', password: 'long enough, surely' }));
        assert.equal((await alice.get('/users/me')).status, 200, 'whoever is logged in works on');
    });

    test('a form from a browser gets a page', async () => {
        const urlencoded = [
            ['user_name', 'x'],
            ['password', 'long enough, surely'],
        ];
        const ask = () =>
            new Client(where).call('POST', '/sessions', { urlencoded, headers: [['Accept', 'text/html']] });
        const answer = await eventually('the limit', 10, async () => {
            const asked = await ask(); // one every three seconds is let through even now
            return asked.status === 429 && asked;
        });
        assert.match(answer.header('Content-Type'), /^text\/html/);
        assert.ok(Number(answer.header('Retry-After')) >= 1);
    });
});

describe('an address that has too much under way', () => {
    const open = new Set();
    let carol, dave;

    before(async () => {
        // What the flood before has used up comes back within a few seconds, log-ins one every three.
        const patient = async (work) => eventually('room for a log-in', 30, () => work().catch(() => undefined));
        const [carolIs, daveIs] = [
            await patient(() => signUp('carol', {}, where)),
            await patient(() => signUp('dave', {}, where)),
        ];
        carol = await patient(() => logIn(carolIs, 'token', where));
        dave = daveIs.name;
        const { id } = await carol.send({ recipient: dave, type: 'text', text: 'x' });
        // 12 MB, more than lies between nginx and a client that does not read.
        const sql = `INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at)
            SELECT m.conversation_id, s.seq, m.sender_id, m.recipient_id, 'text', REPEAT('x', 4000), m.created_at
            FROM seq_2_to_3000 s JOIN messages m ON m.conversation_id = ${id.split('-')[0]} AND m.seq = 1;
            UPDATE conversations SET last_seq = 3000 WHERE id = ${id.split('-')[0]}`;
        await dev('sql', '-e', sql);
    });

    afterEach(() => {
        for (const socket of open) socket.destroy();
        open.clear();
    });

    /** Connections that each send a request, or the beginning of one, and never read. */
    async function openMany(count, request) {
        const { port } = new URL(where.url);
        for (let i = 0; i < count; i++) {
            const socket = connect({ port, host: 'localhost', servername: 'localhost', ca: readFileSync(where.ca) });
            open.add(socket);
            socket.pause();
            socket.on('error', () => {});
            await once(socket, 'secureConnect');
            socket.write(
                `${request.replace('\r\n', `\r\nHost: localhost\r\nAuthorization: Bearer ${carol.token}\r\n`)}\r\n`,
            );
        }
    }

    const limited = async (ask) =>
        eventually('the limit', 10, async () => {
            const answer = await ask();
            return answer.status === 429 && answer;
        });

    test('a ninth whole conversation is too much, and a page is not', async () => {
        await openMany(7, `GET /api/v1/messages?with=${dave} HTTP/1.1\r\n`);
        const size = (await carol.plain('GET', `/api/v1/messages?with=${dave}`)).body.length;
        assert.ok(size > 12e6, 'the eighth is served');
        await openMany(1, `GET /api/v1/messages?with=${dave} HTTP/1.1\r\n`);
        assertLimited(await limited(() => carol.get(`/messages?with=${dave}`)));
        assertLimited(await carol.plain('GET', '/api/v1/export'));
        assert.equal((await carol.get(`/messages?with=${dave}&page=1`)).status, 200);
        for (const socket of open) socket.destroy();
        await eventually('room again', 10, async () => (await carol.plain('GET', '/api/v1/export')).status === 200);
    });

    test('128 slow bodies are enough, and leave the live channel open', async () => {
        const slow = 'POST /api/v1/messages HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n';
        await openMany(127, slow);
        assert.equal((await carol.get('/users/me')).status, 200, 'the 128th is served');
        await openMany(1, slow);
        assertLimited(await limited(() => carol.get('/users/me')));
        const live = await carol
            .plain('GET', '/api/v1/live', { headers: [['Accept', 'text/event-stream']], seconds: 2 })
            .catch((error) => error);
        assert.match(live.output?.toString() ?? String(live), /200/);
        for (const socket of open) socket.destroy();
        await eventually('room again', 10, async () => (await carol.get('/users/me')).status === 200);
    });
});
