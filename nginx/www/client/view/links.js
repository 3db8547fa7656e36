// The dialogs for an image and a video link.

import { h } from '../dom.js';
import { formatLength, parseLength, t } from '../text.js';
import { openDialog } from './dialog.js';
import { externalLink, sourceName, youtubeId } from './message.js';
import { showFieldErrors } from './problem.js';

const longestLength = 604_800; // seconds
const longestSide = 65_535; // pixels

/** Asks for an image's link and caption, and measures the image; calls `send` with the content of the message. */
export function askForImage(send) {
    let size;
    const preview = h('div', { class: 'preview', role: 'status' });
    const url = urlField('image-url');
    const button = h('button', {}, t('composer.send'));
    const measure = async () => {
        size = undefined;
        if (!url.value || !url.checkValidity()) {
            preview.replaceChildren();
            return;
        }
        const address = url.value;
        preview.replaceChildren(t('image.measuring'));
        const picture = h('img', { alt: '', referrerpolicy: 'no-referrer' });
        picture.src = address;
        const measured = await picture.decode().then(
            () => ({ width: picture.naturalWidth, height: picture.naturalHeight }),
            () => undefined,
        );
        if (url.value !== address) return; // another address was given meanwhile
        const fits = measured && Math.min(measured.width, measured.height) >= 1 && Math.max(measured.width, measured.height) <= longestSide;
        size = fits ? measured : undefined;
        preview.replaceChildren(...(fits ? [picture, h('p', {}, t('image.size', size))] : [t('image.not-loaded')]));
    };
    url.addEventListener('change', measure);
    openLinkDialog(t('composer.image'), [field(t('link.url'), url), preview], button, async ({ text }) => {
        if (!size) await measure();
        if (!size) return [{ field: 'url', code: 'not-an-image' }];
        send({ type: 'image', url: url.value, ...size, ...text });
        return [];
    });
}

/** Asks for a video's link, length and caption; calls `send` with the content of the message. */
export function askForVideo(send) {
    const url = urlField('video-url');
    const about = h('p', { class: 'hint', role: 'status' });
    const length = h('input', { id: 'video-length', name: 'duration_s', required: true, inputmode: 'numeric', autocomplete: 'off', 'aria-describedby': 'video-length-hint' });
    url.addEventListener('input', () => {
        about.replaceChildren();
        if (youtubeId(url.value)) about.append(t('video.recognised', { source: sourceName('youtube') }), ' ', externalLink(url.value, t('video.look-up')));
    });
    const lengthField = field(t('video.length'), length);
    lengthField.append(h('p', { class: 'hint', id: 'video-length-hint' }, t('video.length-hint', { example: formatLength(212) })));
    openLinkDialog(t('composer.video'), [field(t('link.url'), url), about, lengthField], h('button', {}, t('composer.send')), ({ text }) => {
        const seconds = parseLength(length.value);
        if (Number.isNaN(seconds)) return [{ field: 'duration_s', code: 'wrong_type' }];
        if (seconds < 1 || seconds > longestLength) return [{ field: 'duration_s', code: 'out_of_range' }];
        send({ type: 'video', url: url.value, duration_s: seconds, ...text });
        return [];
    });
}

/** `submit` gets the caption and returns what is wrong with which field. */
function openLinkDialog(title, fields, button, submit) {
    const caption = h('textarea', { id: 'caption', name: 'text', rows: 2, maxlength: 4000, dir: 'auto' });
    const form = h(
        'form',
        {
            onsubmit: async (event) => {
                event.preventDefault();
                const text = caption.value.trim() ? { text: caption.value } : {};
                const errors = await submit({ text });
                showFieldErrors(form, errors);
                if (!errors.length) dialog.close();
            },
        },
        fields,
        field(t('link.caption'), caption),
        h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, t('dialog.cancel')), button),
    );
    const dialog = openDialog(title, form);
}

function urlField(id) {
    return h('input', { id, name: 'url', type: 'url', required: true, maxlength: 2048, pattern: '[Hh][Tt][Tt][Pp][Ss]?://.+', title: t('field.url.invalid'), autocomplete: 'off', placeholder: 'https://', autofocus: true });
}

function field(label, input) {
    return h('div', { class: 'field' }, h('label', { for: input.id }, label), input);
}
