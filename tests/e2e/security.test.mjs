// What nginx adds to each answer, and what it speaks.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { newcomer, stack, stranger } from './support/api.mjs';
import { curl, CurlError } from './support/curl.mjs';

let alice;

before(async () => {
    alice = await newcomer('alice');
});

describe('security headers', () => {
    const answers = [
        ['a call', () => alice.get('/users/me')],
        ['a refusal of the worker', () => stranger.get('/users/me')],
        ['a path that is not there', () => stranger.get('/nothing')],
        [
            'a refusal of nginx',
            () =>
                alice.call('POST', '/messages', {
                    raw: 'x'.repeat(70_000),
                    headers: [['Content-Type', 'application/json']],
                }),
        ],
        ['the start page', () => stranger.plain('GET', '/')],
        ['the problems page', () => stranger.plain('GET', '/problems')],
        ['the API description', () => stranger.plain('GET', '/api/v1/openapi.json')],
        ['a file that is not there', () => stranger.plain('GET', '/nothing.css')],
        ['an answer without a body', () => alice.call('HEAD', '/users/me')],
    ];
    for (const [name, ask] of answers) {
        test(name, async () => {
            const answer = await ask();
            const [, age] =
                /max-age=(\d+)/.exec(answer.header('Strict-Transport-Security') ?? '') ??
                assert.fail(`no HSTS\n${answer}`);
            assert.ok(Number(age) >= 15_552_000, age);
            assert.equal(answer.header('X-Content-Type-Options'), 'nosniff');
            assert.match(answer.header('Content-Security-Policy') ?? '', /default-src 'none'/);
            assert.match(answer.header('Content-Security-Policy'), /base-uri 'none'/);
            assert.match(answer.header('Content-Security-Policy'), /frame-ancestors 'none'/);
            assert.doesNotMatch(answer.header('Content-Security-Policy'), /unsafe|\*/);
            assert.match(answer.header('Referrer-Policy') ?? '', /^(no-referrer|same-origin|strict-origin)/);
            assert.doesNotMatch(answer.header('Server') ?? '', /\d/, 'no version');
            assert.equal(answer.header('X-Powered-By'), undefined);
            assert.equal(answer.header('Access-Control-Allow-Origin'), undefined);
        });
    }

    test('a page that nothing changed keeps them', async () => {
        const bob = await newcomer('bob');
        await bob.sendTexts(alice.name, 1);
        const path = `/messages?with=${bob.name}&page=1`;
        const answer = await alice.get(path, { headers: [['If-None-Match', (await alice.get(path)).header('ETag')]] });
        assert.equal(answer.status, 304);
        assert.ok(answer.header('Strict-Transport-Security'));
    });
});

describe('TLS', () => {
    const speak = (...args) => curl('GET', `${stack.url}/livez`, { ca: stack.ca, curl: args });

    test('1.2 and 1.3', async () => {
        for (const args of [['--tlsv1.2', '--tls-max', '1.2'], ['--tlsv1.3']])
            assert.equal((await speak(...args)).status, 200);
    });

    test('nothing older', async () => {
        await assert.rejects(
            speak('--tlsv1.0', '--tls-max', '1.1', '--ciphers', 'DEFAULT@SECLEVEL=0'),
            (error) => error instanceof CurlError && error.code === 35,
        );
    });

    test('no cipher without forward secrecy', async () => {
        await assert.rejects(
            speak('--tls-max', '1.2', '--ciphers', 'AES128-GCM-SHA256:AES256-SHA'),
            (error) => error.code === 35,
        );
    });

    test('HTTP/2 and HTTP/1.1', async () => {
        assert.equal((await speak('--http2')).version, '2');
        assert.equal((await speak('--http1.1')).version, '1.1');
    });

    test('another certificate is not trusted', async () => {
        await assert.rejects(curl('GET', `${stack.url}/livez`), (error) => error.code === 60);
    });
});

describe('plain HTTP', () => {
    test('leads to HTTPS, with path and query, and says nothing else', async () => {
        for (const method of ['GET', 'POST']) {
            const answer = await curl(method, `${stack.plainUrl}/api/v1/messages?with=bob`);
            assert.ok([301, 308].includes(answer.status), String(answer));
            assert.equal(answer.header('Location'), `${stack.url}/api/v1/messages?with=bob`);
            assert.equal(answer.header('Set-Cookie'), undefined);
        }
    });

    test('on the TLS port it is led to HTTPS or refused', async () => {
        const answer = await curl('GET', stack.url.replace('https', 'http'));
        assert.ok([301, 308, 400].includes(answer.status), String(answer));
    });
});

test('files beside the site are not served', async () => {
    for (const path of [
        '/../sotto.conf.in',
        '/%2e%2e/sotto.conf.in',
        '/..%2fsotto.conf.in',
        '/.git/HEAD',
        '/api/v1/../../../sotto.conf.in',
    ]) {
        const answer = await stranger.plain('GET', path);
        assert.ok([400, 404].includes(answer.status), `${path}\n${answer}`);
    }
});

test('the API description is served as it is in the tree', async () => {
    const { document } = await import('./support/contract.mjs');
    const answer = await stranger.plain('GET', '/api/v1/openapi.json');
    assert.equal(answer.status, 200);
    assert.match(answer.header('Content-Type'), /^application\/json/);
    assert.deepEqual(answer.json(), document);
});
