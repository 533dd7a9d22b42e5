"""GPT-2 writing: our decoder against transformers' ``generate``, greedy, in CPU seconds on one thread.

``python -m bench.text``. Random weights of two sizes (14 million as the gallery's kind, 102 million as the public Chinese ones), a prompt
of 8 tokens, 128 new. Our float32 tokens must equal transformers'. int8 has no equal tokens to show on random weights; how often it agrees
with float32 on the shipped weights, and what it costs in bits a character, stands below the table. The bandwidth bound is the bytes of all matrices
over the speed of a large copy in the same run; sizes that fit the last cache may pass it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import transformers

from bench.report import write
from core.data.examples import verse
from core.text.decoding import Decoder, Precision, prepare
from core.text.gpt2 import GPT2, from_transformers, parameter_count
from core.text.library import verse_model
from core.text.tokenizer import BODY, END
from core.text.writing import Wish
from core.text.writing import write as write_verse

PROMPT, NEW = 8, 128
SIZES = {"14 M": (8000, 384, 6, 6), "102 M": (21128, 768, 12, 12)}
BATCHES = (1, 8)
REPEATS = 3
COPIED = 2**28  # bytes


def cpu_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """(CPU seconds of the fastest of some runs after one to warm up, what the last gave)."""
    work()
    times = []
    result = None
    for _ in range(REPEATS):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return min(times), result


def bandwidth() -> float:
    """Bytes read a second by a sum over a large array."""
    x = torch.ones(COPIED // 4)
    seconds, _ = cpu_seconds(x.sum)
    return COPIED / seconds


def ours(model: GPT2, prompt: torch.Tensor, precision: Precision) -> torch.Tensor:
    """Greedy tokens [B, NEW]."""
    decoder = Decoder(prepare(model, precision), len(prompt))
    fresh, made = prompt, []
    for _ in range(NEW):
        fresh = decoder.step(fresh).argmax(1)
        made.append(fresh)
    return torch.stack(made, 1)


def theirs(model: Any, prompt: torch.Tensor) -> torch.Tensor:
    """The same by transformers."""
    done = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=NEW,
        min_new_tokens=NEW,
        do_sample=False,
        pad_token_id=0,
    )
    return done[:, PROMPT:]


@torch.no_grad()
def agreement() -> tuple[float, float, float]:
    """(share of equal greedy choices, bits a character in float32 and in int8) over the shipped poems, step by step."""
    model, tokenizer = verse_model()
    equal: list[bool] = []
    bits: dict[Precision, list[float]] = {"float32": [], "int8": []}
    for poem in verse():
        tokens = [tokenizer.form(poem.form), BODY, *tokenizer.encode_plain(poem.text), END]
        decoders: dict[Precision, Decoder] = {p: Decoder(prepare(model, p), 1) for p in bits}
        for now, after in itertools.pairwise(tokens):
            logits = {p: d.step(torch.tensor([now]))[0] for p, d in decoders.items()}
            if now == tokens[0]:
                continue  # [BODY] follows the form for certain
            equal.append(bool(logits["float32"].argmax() == logits["int8"].argmax()))
            for p, row in logits.items():
                bits[p].append(-float(row.log_softmax(0)[after]) / np.log(2))
    return float(np.mean(equal)), float(np.mean(bits["float32"])), float(np.mean(bits["int8"]))


def first_character() -> float:
    """Milliseconds from a wish for four poems to the first character of all, weights in memory; the median of some."""
    model, tokenizer = verse_model()
    times = []
    for seed in range(10):
        start = time.perf_counter()
        next(iter(write_verse(model, tokenizer, Wish("五绝", beginning="床前", count=4, seed=seed))))
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times))


def main() -> None:
    """Measure and write bench/results/text.md."""
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    speed = bandwidth()
    rows = []
    for name, (vocabulary, width, layers, heads) in SIZES.items():
        torch.manual_seed(0)
        settings = transformers.GPT2Config(
            vocab_size=vocabulary, n_positions=512, n_embd=width, n_layer=layers, n_head=heads
        )
        peer = transformers.GPT2LMHeadModel(settings).eval()
        model = from_transformers(settings.to_dict(), peer.state_dict()).eval()
        size = parameter_count(model.config)
        for batch in BATCHES:
            prompt = torch.randint(1, vocabulary, (batch, PROMPT), generator=torch.Generator().manual_seed(1))
            with torch.no_grad():
                slow, wanted = cpu_seconds(lambda p=prompt: theirs(peer, p))
            fast, made = cpu_seconds(lambda p=prompt: ours(model, p, "float32"))
            eight, _ = cpu_seconds(lambda p=prompt: ours(model, p, "int8"))
            count = batch * NEW
            rows.append(
                [name, batch, f"{count / slow:.0f}", f"{count / fast:.0f}", f"{slow / fast:.2f}", f"{count / eight:.0f}", f"{slow / eight:.2f}",
                 "yes" if torch.equal(made, wanted) else "NO", f"{batch * speed / (4 * size):.0f}", f"{batch * speed / size:.0f}"]
            )  # fmt: skip
            print(rows[-1], flush=True)
    same, plain, quantised = agreement()
    write(
        "text",
        "GPT-2 writing, tokens a CPU second, one thread",
        ["size", "texts", f"transformers {transformers.__version__}", "ours float32", "times", "ours int8", "times", "tokens equal (float32)", "bound float32", "bound int8"],
        rows,
        notes=[
            f"Prompt {PROMPT}, {NEW} new tokens, greedy; the fastest of {REPEATS}.",
            f"Reading memory: {speed / 1e9:.1f} GB/s in the same run; the bound reads every weight once a step.",
            f"From a wish for four poems to their first character: {first_character():.0f} ms.",
            f"int8 on the shipped weights and poems: {same:.1%} of the greedy choices equal float32's; {quantised:.3f} bits a character against {plain:.3f}.",
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
