"""Previews of objects, without leaving the page."""

import base64
import gzip
import io
import json
import os
import struct
import sys
import wave
import zlib

import pytest

from harness.processes import run


@pytest.fixture
def look(page, bucket):
    """Stores an object and opens its preview."""

    def look(name, body, **properties):
        bucket.put(name, body, **properties)
        page.open(bucket.name + "/").started()
        page.click_name(name)
        page.wait(lambda: page.all(".panel .view > *"), "a preview")
        return page

    return look


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x80\xff" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_text_has_lines(look):
    page = look("a.txt", "one\ntwo <b>\nthree\n")
    assert page.code() == "one\ntwo <b>\nthree\n"
    assert [line.text for line in page.all(".CodeMirror-linenumber")][-4:] == ["1", "2", "3", "4"]


def test_json_is_a_tree_with_every_digit(look):
    page = look("a.json", '{"big": 12345678901234567890, "list": [1, {"deep": "<i>"}], "n": null}')
    tree = page.text(".tree")
    assert "12345678901234567890" in tree and "deep" not in tree.split("list")[0]
    page.view("Text")
    page.see_code('{"big"')


def test_records_are_numbered(look):
    page = look("a.ndjson", "".join(json.dumps({"id": number}) + "\n" for number in range(3)) + "broken\n")
    assert len(page.all(".tree .record")) == 4
    page.see(".tree .failed", "broken")


def test_csv_is_a_table(look):
    page = look("a.csv", 'name,note\nAnna,"a, ""quoted""\nline"\nBob,<script>\n')
    rows = [[cell.text for cell in row.find_elements("css selector", "td")] for row in page.all(".sheet tbody tr")]
    assert rows == [["Anna", 'a, "quoted"\nline'], ["Bob", "<script>"]]


def test_markdown_is_formatted_and_harmless(look):
    text = "# Title\n\n**bold** <img src=x onerror=alert(1)> [bad](javascript:alert(1)) [good](https://example.org/)\n\n- a\n- b\n"
    page = look("a.md", text)
    page.see(".prose h1", "Title")
    assert page.text(".prose strong") == "bold" and len(page.all(".prose li")) == 2
    assert not page.all(".prose img") and "<img" in page.text(".prose")
    assert [link.get_attribute("href") for link in page.all(".prose a")] == ["https://example.org/"]


def test_a_picture_is_shown(look):
    page = look("a.png", png(40, 30), ContentType="image/png")
    page.see(".panel figcaption", "40 × 30")


def test_a_picture_without_a_type_is_shown_by_its_name(look):
    page = look("b.png", png(20, 10), ContentType="binary/octet-stream")
    page.see(".panel figcaption", "20 × 10")


def test_svg_cannot_run(look):
    page = look("a.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="top.hacked = 1"><script>top.hacked = 1</script></svg>', ContentType="image/svg+xml")
    page.see(".panel figcaption", "9 × 9")
    assert page.script("return window.hacked") is None


def test_stored_html_is_text(look):
    page = look("a.html", "<script>top.hacked = 1</script><h1>hi</h1>", ContentType="text/html")
    page.see_code("<script>")
    assert page.script("return window.hacked") is None


def test_gzip_is_seen_through(look):
    page = look("a.log.gz", gzip.compress(b"inside\nof it\n"), ContentType="application/gzip")
    page.see_code("inside")
    page.see(".views", "decompressed")


def test_bytes_are_shown_in_hexadecimal(look):
    page = look("a.bin", bytes(range(256)) * 100)
    page.see(".hex", "00000010  10 11 12 13")
    page.one(".pager input").send_keys("0x6000\n")
    page.see(".hex", "00006000")


def test_a_large_text_is_read_by_parts(look):
    lines = "".join(f"line {number:07}\n" for number in range(200_000))
    page = look("large.txt", lines)
    page.see(".tools", "256.0 KiB of 2.5 MiB")
    page.button("Load more", ".panel")
    page.see(".tools", "1.3 MiB of")
    # No line is cut in two where the parts meet.
    texts = page.code().split("\n")
    assert texts[:-1] == [f"line {number:07}" for number in range(len(texts) - 1)] and len(texts) > 90_000
    page.button("Show the end", ".panel")
    page.see(".CodeMirror-code", "line 0199999")


def test_a_pdf_gets_a_frame(look):
    page = look("a.pdf", b"%PDF-1.4\n%%EOF\n", ContentType="application/pdf")
    assert page.one("iframe.pdf").get_attribute("src").startswith("blob:")


def test_sound_is_played(look):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 8000 * 3))
    page = look("tone.wav", buffer.getvalue(), ContentType="audio/wav")
    page.wait(lambda: page.script("return document.querySelector('.panel audio').duration") == 3, "three seconds of sound")
    assert page.one(".panel audio").get_attribute("aria-label") == "tone.wav"


FILM = """const done = arguments[0];
const canvas = document.createElement('canvas');
canvas.width = 64; canvas.height = 48;
const brush = canvas.getContext('2d');
const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
const pieces = [];
const drawing = setInterval(() => { brush.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`; brush.fillRect(0, 0, 64, 48); }, 30);
recorder.ondataavailable = (event) => { pieces.push(event.data); if (pieces.length >= 5) recorder.stop(); };
recorder.onstop = async () => {
  clearInterval(drawing);
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  done(btoa(String.fromCharCode(...bytes)));
};
recorder.start(100);"""


def test_a_film_is_shown(page, look, bucket):
    page.open(bucket.name + "/").started()
    film = base64.b64decode(page.driver.execute_async_script(FILM))
    page = look("film.webm", film, ContentType="video/webm")
    size = "const film = document.querySelector('.panel video'); return [film.videoWidth, film.videoHeight]"
    page.wait(lambda: page.script(size) == [64, 48], "the film's first picture")


def test_properties_are_shown(look, bucket):
    page = look("a.txt", "x", ContentType="text/plain", Metadata={"team": "blue"})
    page.click("#tab-properties")
    page.see(".facts", "team")
    for text in ("blue", "text/plain", f"s3://{bucket.name}/a.txt"):
        assert text in page.text(".facts")


def test_copy_as_names_the_object_for_other_tools(look, bucket):
    page = look("it's.txt", "x")
    page.button("Copy path or command…", ".panel")
    page.see("dialog", f"s3://{bucket.name}/it's.txt")
    text = page.text("dialog")
    assert "aws --endpoint-url http://" in text and f"'s3://{bucket.name}/it'\\''s.txt'" in text
    assert f'Bucket="{bucket.name}", Key="it\'s.txt"' in text
    # Seven forms, each with a button that copies it.
    page.button("Create", ".presign")
    page.see(".presign pre", "X-Amz-Signature=")
    forms = [[form.find_element("css selector", part).text for part in ("h3", "pre")] for form in page.all("dialog .form")]
    assert [name for name, _ in forms] == ["S3 URI", "Key", "HTTP URL", "curl", "aws-cli", "boto3", "Presigned URL"]
    curl, boto = forms[3][1], forms[5][1]
    assert run("bash", "-c", curl.replace("-o 'it'\\''s.txt'", "-o -")).stdout == "x", curl
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    assert run(sys.executable, "-c", boto + "\nprint(body.decode())", env=environment).stdout == "x\n"


def test_copied_text_is_in_the_clipboard(look, bucket):
    page = look("a.txt", "x")
    page.cdp("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"], origin=page.base)
    page.button("Copy path or command…", ".panel")
    page.button("Copy S3 URI", "dialog")
    page.see(".toast", "Copied")
    assert page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])") == f"s3://{bucket.name}/a.txt"


def test_older_japanese_encodings_are_read(look):
    page = look("old.txt", "シフトの日本語".encode("cp932"))
    page.see_code("シフトの日本語")
    page.see(".views", "Shift_JIS")


def test_an_object_too_large_to_edit_offers_no_editing(look):
    page = look("large.txt", b"line of text\n" * 400_000)
    page.see_code("line of text")
    assert not page.one(".panel .edit").is_displayed()
