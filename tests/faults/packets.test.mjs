import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command, PacketReader, Statements, threadId } from './packets.mjs';

const packet = (sequence, ...parts) => {
    const payload = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const header = Buffer.alloc(4);
    header.writeUIntLE(payload.length, 0, 3);
    header[3] = sequence;
    return Buffer.concat([header, payload]);
};

test('packets are found however the bytes are cut', () => {
    const stream = Buffer.concat([packet(0, 'one'), packet(1, ''), packet(2, 'x'.repeat(70_000))]);
    for (const size of [1, 3, 5, 65_536, stream.length]) {
        const reader = new PacketReader();
        const found = [];
        for (let at = 0; at < stream.length; at += size) found.push(...reader.push(stream.subarray(at, at + size)));
        assert.deepEqual(
            found.map((each) => each.length),
            [7, 4, 70_004],
        );
        assert.deepEqual(Buffer.concat(found), stream);
    }
});

test('the greeting tells the thread', () => {
    assert.equal(threadId(packet(0, [10], '10.11.6-MariaDB\0', [0x2a, 0x01, 0, 0], 'salt')), 298);
});

test('a prepared statement is known by its number when it is executed, another is not', () => {
    const statements = new Statements();
    const prepare = statements.fromClient(packet(0, [command.prepare], 'CALL send_message(?)'));
    assert.equal(prepare.sql, undefined);
    statements.answered(packet(1, [0x00], [7, 0, 0, 0], [0, 0]));
    const execute = (id, by = command.execute) => statements.fromClient(packet(0, [by], [id, 0, 0, 0], [0]));
    assert.equal(execute(7).sql, 'CALL send_message(?)');
    assert.equal(execute(7, command.executeForEach).sql, 'CALL send_message(?)');
    assert.equal(execute(8).sql, undefined);
    assert.equal(statements.fromClient(packet(0, [command.query], 'COMMIT')).sql, 'COMMIT');
    assert.equal(statements.fromClient(packet(1, 'password')).sql, undefined);
});

test('a statement that could not be prepared is not taken for another', () => {
    const statements = new Statements();
    statements.fromClient(packet(0, [command.prepare], 'SELECT nothing'));
    statements.answered(packet(1, [0xff], [7, 0, 0, 0]));
    assert.equal(statements.fromClient(packet(0, [command.execute], [7, 0, 0, 0])).sql, undefined);
});

test('a statement is rewritten as it is prepared, with a length of its own', () => {
    const statements = new Statements((sql) => sql.replace('GREATEST', 'LEAST'));
    const { packet: changed } = statements.fromClient(packet(0, [command.prepare], 'SELECT GREATEST(1, 2)'));
    assert.deepEqual(changed, packet(0, [command.prepare], 'SELECT LEAST(1, 2)'));
});
