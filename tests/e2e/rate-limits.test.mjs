// Rate limits, on a stack of its own, since the one under test has them off.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { assertProblem, Client, logIn, signUp, stack } from './support/api.mjs';
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
    dev = (command) => promisify(execFile)(stack.dev, [command], { env, timeout: 180_000 });
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

    /** The statuses of `count` reads in a row on one connection. */
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
                '%{http_code}\n',
                `${where.url}/api/v1/users/me#[1-${count}]`,
            ],
            '',
            60,
        );
        return output.toString().trim().split('\n').map(Number);
    }

    before(async () => {
        alice = await logIn(await signUp('alice', {}, where), 'cookie', where);
        bob = await logIn(await signUp('bob', {}, where), 'cookie', where);
    });

    test('reading: 429 with Retry-After, for this session and not for another', async () => {
        const statuses = await flood(alice, 400);
        assert.ok(statuses.filter((status) => status === 200).length >= 100, 'a burst is let through');
        assert.ok(statuses.includes(429));
        assert.deepEqual(
            statuses.filter((status) => ![200, 429].includes(status)),
            [],
        );
        assert.equal((await bob.get('/users/me')).status, 200);
    });

    test('after Retry-After it is served again', async () => {
        // One request every 20 ms is let through even then, so that the first one may be the lucky one.
        let answer;
        for (let i = 0; i < 20 && answer?.status !== 429; i++) {
            await flood(alice, 400);
            answer = await alice.get('/users/me');
        }
        assertLimited(answer);
        await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.header('Retry-After'))));
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
        const answer = await new Client(where).call('POST', '/sessions', {
            urlencoded,
            headers: [['Accept', 'text/html']],
        });
        assert.equal(answer.status, 429, String(answer));
        assert.match(answer.header('Content-Type'), /^text\/html/);
        assert.ok(Number(answer.header('Retry-After')) >= 1);
    });
});
