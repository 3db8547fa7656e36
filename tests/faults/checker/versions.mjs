// What a message may look like at a given time: as it was sent, as an edit left it, or as a tombstone.

const tombstone = Symbol('tombstone');
const contentNames = ['type', 'text', 'url', 'width', 'height', 'duration_s', 'source'];

const isAcknowledged = ({ status }) => status >= 200 && status < 300;
const mayHaveHappened = (operation) =>
    isAcknowledged(operation) || operation.status === undefined || operation.doubts > 0;

/** One message: its send, and all changes in the order in which its writer asked for them. */
class Versions {
    constructor(send) {
        this.send = send;
        this.changes = [];
    }

    /** What may be seen by somebody who asks at `start` and is answered at `end`: texts, and perhaps `tombstone`. */
    #possible(start, end) {
        const all = [this.send, ...this.changes].filter(mayHaveHappened);
        if (all.some((change) => change.kind === 'delete' && isAcknowledged(change) && change.end < start))
            return [tombstone];
        const last = all.reduce((found, change, i) => (isAcknowledged(change) && change.end < start ? i : found), 0);
        // A change without an answer may be carried out late: after what was asked for later. A send is not: its key.
        return all
            .filter((change, i) => change.start <= end && (i >= last || (i > 0 && change.doubts > 0)))
            .map((change) =>
                change.kind === 'delete' ? tombstone : change.kind === 'edit' ? change.text : change.content.text,
            );
    }

    /** What is wrong with this message, of the API or a row, read between these times; nothing where nothing is. */
    fault(message, start, end) {
        const possible = this.#possible(start, end);
        if (message.deleted_at !== undefined) {
            if (!possible.includes(tombstone)) return 'is a tombstone, and nobody has deleted it';
            const left = [...contentNames.filter((name) => name !== 'type'), 'edited_at'].filter(
                (name) => message[name] !== undefined,
            );
            return left.length > 0 ? `is a tombstone that still has its ${left.join(', ')}` : undefined;
        }
        if (!possible.some((text) => text === message.text)) {
            return possible[0] === tombstone && possible.length === 1
                ? 'was deleted, and is there'
                : `has the text '${brief(message.text)}', not '${possible.map(brief).join("' or '")}'`;
        }
        const wrong = contentNames.filter((name) => name !== 'text' && message[name] !== this.send.content[name]);
        if (wrong.length > 0) return `has another ${wrong.join(', ')} than was sent`;
        if ((message.edited_at !== undefined) !== (message.text !== this.send.content.text))
            return 'has an edited_at without an edit, or none with one';
        return undefined;
    }
}

export const brief = (text) =>
    typeof text === 'symbol' ? text.description : text === undefined ? 'none' : text.slice(0, 40);

/** The operations of a conversation by message. A message's text, whatever version of it, begins with its label. */
export class History {
    messages = new Map(); // label → Versions
    /** Message id → what its send says of it. */
    byId = new Map();

    constructor(operations, report) {
        for (const operation of operations) {
            if (operation.kind === 'send') this.messages.set(operation.label, new Versions(operation));
        }
        for (const operation of operations) {
            const { kind, label, answer } = operation;
            if (kind === 'edit' || kind === 'delete') this.messages.get(label).changes.push(operation);
            if ((kind === 'send' || kind === 'repeat') && answer && isAcknowledged(operation))
                this.#acknowledge(operation, report);
        }
        this.operations = operations;
    }

    #acknowledge({ label, answer }, report) {
        const known = this.byId.get(answer.id);
        if (known !== undefined && known !== label)
            report('number reused', `${answer.id} was given to ${known} and to ${label}`);
        this.byId.set(answer.id, label);
    }

    sends() {
        return [...this.messages.values()].map(({ send }) => send);
    }

    /** Which message stands under an id. Rows tell it to tombstones too, by their key. */
    name(id, label) {
        if (!this.byId.has(id)) this.byId.set(id, label);
    }

    /** What is wrong with a message under its number; nothing where nothing is. */
    fault(message, start, end) {
        const label = this.byId.get(message.id);
        if (label === undefined) return 'is not stored, or nobody has sent it';
        const fault = this.messages.get(label).fault(message, start, end);
        return fault && `${label} ${fault}`;
    }
}

export { isAcknowledged };
