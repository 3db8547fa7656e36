// The figures of the bench: each takes the seconds that one measurement may last and resolves with its values of one round. The first value is
// the one that the others are references for.

import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../e2e/support/https.mjs';
import { givePasswords, hot, long, nameOf, peerOf, users } from './data.mjs';
import { measureDelivery, openSockets } from './delivery.mjs';
import { load, memory, processes, reference, sql, stack, writeRequests } from './stack.mjs';

const text = 'A message of the length that most messages have: a sentence, or two short ones.';
const password = 'a walk in the rain';
const pageConnections = 16; // of the references; what was fastest
const sendConnections = 32;
const batchConnections = 4;
const liveConnections = 500;

const page = (number, more = '') => `/api/v1/messages?with=${nameOf(peerOf(number))}&per_page=50&page=1${more}`;

/** One request to the stack, whole: { status, headers, firstByte: milliseconds, bytes }. */
export function request(path, { method = 'GET', token, body, headers = {} } = {}) {
    return new Promise((resolve, reject) => {
        const start = performance.now();
        const all = { ...headers, ...(token && { Authorization: `Bearer ${token}` }), ...(body && { 'Content-Type': 'application/json' }) };
        const options = { method, headers: all, ca: readFileSync(stack.ca), agent: false };
        const outgoing = httpsRequest(`${stack.url}${path}`, options, (answer) => {
            const chunks = [];
            let [firstByte, bytes] = [undefined, 0];
            answer.on('data', (chunk) => {
                firstByte ??= performance.now() - start;
                bytes += chunk.length;
                if (bytes < 65_536) chunks.push(chunk);
            });
            answer.on('error', reject);
            answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, firstByte, bytes, text: Buffer.concat(chunks).toString() }));
        });
        outgoing.on('error', reject);
        outgoing.end(body && JSON.stringify(body));
    });
}

/** All lists of requests, written once. */
export async function prepare(tokens) {
    const everyone = Array.from({ length: users }, (_, i) => i + 1);
    const token = (number) => tokens[number - 1];
    const send = (number) => ({ method: 'POST', path: '/api/v1/messages', token: token(number), body: { recipient: nameOf(peerOf(number)), type: 'text', text } });
    const far = (n) => [{ path: page(long).replace('page=1', `page=${n}`), token: token(long) }];
    const signUp = await request('/api/v1/users', { method: 'POST', body: { user_name: 'password-of-all', password } });
    if (signUp.status !== 201 && signUp.status !== 409) throw new Error(`sign-up: ${signUp.status} ${signUp.text}`);
    givePasswords(sql("SELECT password_hash FROM users WHERE user_name = 'password-of-all'")[0][0], 100);
    const lists = {
        page: everyone.map((number) => ({ path: page(number), token: token(number) })),
        'page-20': far(20),
        'page-20000': far(20_000),
        inbox: everyone.map((number) => ({ path: '/api/v1/conversations', token: token(number) })),
        send: everyone.map(send),
        hot: [send(hot), send(hot + 1)],
        'log-in': everyone.slice(0, 100).map((number) => ({ method: 'POST', path: '/api/v1/sessions', body: { user_name: nameOf(number), password } })),
        static: [{ path: '/icon.svg' }],
        call: [{ path: '/livez' }],
    };
    const files = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, writeRequests(name, list)]));
    return { files, tokens, idle: memoryOfEach() };
}

/** The requests of clients that have their page already, as { list, file }: a message sent makes those of its conversation stale. */
export async function prepareUnchanged(tokens) {
    const list = [];
    for (let number = 1; number <= users; number += 2) {
        const { headers } = await request(page(number), { token: tokens[number - 1] });
        for (const one of [number, number + 1]) {
            list.push({ path: page(one), token: tokens[one - 1], headers: { 'If-None-Match': headers.etag } });
        }
    }
    await expectUnchanged(list);
    return { list, file: writeRequests('unchanged', list) };
}

async function expectUnchanged(list) {
    for (const { path, token, headers } of [list[0], list.at(-1)]) {
        const { status } = await request(path, { token, headers });
        if (status !== 304) throw new Error(`${path} with If-None-Match: ${status}`);
    }
}

function memoryOfEach() {
    const services = { 'a worker': 'api', 'a worker for passwords': 'auth', 'the hub': 'hub', 'nginx, a process': 'nginx', 'MariaDB': 'mariadb' };
    return Object.fromEntries(Object.entries(services).map(([who, service]) => [who, memory(processes(service)).mean]));
}

/** What a WebSocket through nginx with TLS takes, while nothing is said. */
async function memoryOfLiveConnections(tokens) {
    const used = (service) => memory(processes(service)).mean * processes(service).length;
    const before = { hub: used('hub'), nginx: used('nginx') };
    const sockets = await openSockets({ url: stack.url, ca: readFileSync(stack.ca) }, tokens.slice(0, liveConnections));
    const each = (service) => (1024 * (used(service) - before[service])) / liveConnections;
    const values = { 'the hub for a socket, KiB': each('hub'), 'nginx for a socket, KiB': each('nginx') };
    for (const socket of sockets) socket.terminate();
    return values;
}

const rate = async (file, options) => (await load(file, options)).rate;

/** name → { title, unit, values(context, seconds) → { label: number } } */
export const figures = {
    page: {
        title: 'page of 50, random conversations',
        unit: '/s',
        values: async ({ files }, seconds) => ({
            'through nginx': await rate(files.page, { seconds }),
            'raw-steps': await reference('steps', 'page', { seconds, connections: pageConnections }),
            'raw-one': await reference('one', 'page', { seconds, connections: pageConnections }),
            'raw-batch': await reference('batch', 'page', { seconds, connections: batchConnections }),
        }),
    },
    unchanged: {
        title: 'the same with If-None-Match (304)',
        unit: '/s',
        values: async ({ files, tokens }, seconds) => {
            const { file, list } = await prepareUnchanged(tokens);
            const unchanged = await rate(file, { seconds });
            await expectUnchanged(list);
            return { '304': unchanged, 'page of 50': await rate(files.page, { seconds }) };
        },
    },
    depth: {
        title: 'page 20,000 of the long conversation',
        unit: '/s',
        values: async ({ files }, seconds) => ({
            'page 20,000': await rate(files['page-20000'], { seconds }),
            'page 20': await rate(files['page-20'], { seconds }),
        }),
    },
    inbox: { title: 'inbox', unit: '/s', values: async ({ files }, seconds) => ({ 'through nginx': await rate(files.inbox, { seconds }) }) },
    send: {
        title: 'durable text send, random pairs',
        unit: '/s',
        values: async ({ files }, seconds) => ({
            'through nginx': await rate(files.send, { seconds }),
            'raw-steps': await reference('steps', 'send', { seconds, connections: sendConnections }),
            'raw-one': await reference('one', 'send', { seconds, connections: sendConnections }),
            'raw-batch': await reference('batch', 'send', { seconds, connections: batchConnections }),
        }),
    },
    hot: {
        title: 'durable text send into one conversation',
        unit: '/s',
        values: async ({ files }, seconds) => ({
            'through nginx': await rate(files.hot, { seconds }),
            'raw-steps': await reference('steps', 'hot', { seconds, connections: sendConnections }),
            'raw-one': await reference('one', 'hot', { seconds, connections: sendConnections }),
            'raw-batch': await reference('batch', 'hot', { seconds, connections: batchConnections }),
        }),
    },
    connections: {
        title: 'pages with many connections',
        unit: '/s',
        values: async ({ files }, seconds) => ({
            '512 connections': await rate(files.page, { seconds, connections: 512, allowRefusals: true }),
            '64 connections': await rate(files.page, { seconds, connections: 64 }),
            '8 connections': await rate(files.page, { seconds, connections: 8 }),
        }),
    },
    live: {
        title: 'live delivery under 1,000 sends a second, ms',
        unit: '',
        values: async (_, seconds) => {
            const { asked, span, heard, times } = await measureDelivery({ url: stack.url, ca: readFileSync(stack.ca) }, { rate: 1000, seconds });
            if (heard !== asked) throw new Error(`live delivery: ${heard} of ${asked} messages arrived`);
            return {
                'from 201 to receipt, p50': quantile(times.answerToReceipt, 0.5),
                'from 201 to receipt, p99': quantile(times.answerToReceipt, 0.99),
                'from due to receipt, p50': quantile(times.dueToReceipt, 0.5),
                'from due to receipt, p99': quantile(times.dueToReceipt, 0.99),
                'sends a second': asked / span,
            };
        },
    },
    'log-in': { title: 'log-ins, 8 connections', unit: '/s', values: async ({ files }, seconds) => ({ 'through nginx': await rate(files['log-in'], { seconds, connections: 8 }) }) },
    storm: {
        title: 'pages while 16 connections log in',
        unit: '/s',
        values: async ({ files }, seconds) => {
            const alone = await rate(files.page, { seconds });
            const storm = load(files['log-in'], { seconds: seconds + 1, connections: 16, allowRefusals: true });
            const during = await rate(files.page, { seconds });
            await storm;
            return { 'pages during it': during, 'pages without it': alone };
        },
    },
    whole: {
        title: 'the whole long conversation in one answer',
        unit: '',
        values: async ({ tokens }) => {
            const before = memory(processes('api')).most;
            let most = 0;
            const watch = setInterval(() => (most = Math.max(most, memory(processes('api')).most)), 100);
            const answer = await request(`/api/v1/messages?with=${nameOf(peerOf(long))}`, { token: tokens[long - 1] });
            clearInterval(watch);
            if (answer.status !== 200) throw new Error(`whole conversation: ${answer.status}`);
            return { 'first byte, ms': answer.firstByte, 'MB': answer.bytes / 1e6, 'largest worker, MiB more': most - before };
        },
    },
    memory: {
        title: 'memory (PSS), MiB',
        unit: '',
        values: async ({ idle, tokens }) => ({
            ...Object.fromEntries(Object.entries(idle).map(([who, value]) => [`${who}, idle`, value])),
            ...memoryOfEach(),
            'the largest worker': memory(processes('api')).most,
            ...(await memoryOfLiveConnections(tokens)),
        }),
    },
    start: {
        title: 'from the death of all workers to /readyz, ms',
        unit: '',
        values: async () => {
            for (const pid of [...processes('api'), ...processes('auth')]) process.kill(pid, 'SIGKILL');
            const killed = performance.now();
            while ((await request('/readyz')).status !== 200) await pause(1);
            return { 'ready again': performance.now() - killed };
        },
    },
    floor: {
        title: 'floors: an empty call of a worker, a static file',
        unit: '/s',
        values: async ({ files }, seconds) => ({ 'GET /livez': await rate(files.call, { seconds }), 'GET /icon.svg': await rate(files.static, { seconds }) }),
    },
};
