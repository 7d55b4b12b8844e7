"""Writes a toy model of a real architecture: `python tiny_vlms.py qwen3_vl|glm_ocr FOLDER`.

Runs in vLLM's own environment. There are no weights: vLLM makes random ones up (`--load-format
dummy`). What such a model says is noise, but it is served as the real one is.
"""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GlmOcrConfig, PreTrainedTokenizerFast, Qwen3VLConfig

CORPUS = [
    f"Invoice {n} total {n},{n % 100:02d} EUR <div data-bbox='0 0 9 9'></div>" for n in range(1500)
]
CHAT = """{% for m in messages %}<|im_start|>{{ m['role'] }}
{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}\
{% if 'text' in c %}{{ c['text'] }}{% else %}PICTURE{% endif %}{% endfor %}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
ENDS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEXT = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "max_position_embeddings": 8192,
}
VISION = {
    "depth": 2,
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_heads": 4,
    "out_hidden_size": 128,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}


def tokenizer(folder: Path, special: list[str], picture: str, settings: dict[str, str]) -> Any:
    """A byte-level tokenizer of a thousand tokens, with a chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=ENDS + special, initial_alphabet=alphabet
    )
    bpe.train_from_iterator(CORPUS, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=special,
        model_max_length=8192,
    )
    fast.chat_template = CHAT.replace("PICTURE", picture)
    fast.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    written = json.loads(file.read_text())
    file.write_text(json.dumps({**written, **settings, "chat_template": fast.chat_template}))
    return fast


def processors(folder: Path, patch: int, smallest: int, image: str, video: str, both: str) -> None:
    """How pictures are cut into patches."""
    shared = {
        "size": {"shortest_edge": smallest, "longest_edge": 4_194_304},
        "patch_size": patch,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "processor_class": both,
    }
    for name, kind in (("", image), ("video_", video)):
        key = f"{name or 'image_'}processor_type"
        (folder / f"{name}preprocessor_config.json").write_text(json.dumps({**shared, key: kind}))


def qwen3_vl(folder: Path) -> None:
    """`Qwen3VLForConditionalGeneration`, which Chandra OCR 2's class is derived from."""
    special = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    picture = "<|vision_start|><|image_pad|><|vision_end|>"
    fast = tokenizer(folder, special, picture, {"tokenizer_class": "Qwen2TokenizerFast"})
    number = fast.convert_tokens_to_ids
    rope = {"rope_type": "default", "mrope_section": [6, 5, 5], "mrope_interleaved": True}
    config = Qwen3VLConfig(
        text_config={
            **TEXT,
            "vocab_size": -(-len(fast) // 64) * 64,
            "rope_parameters": {**rope, "rope_theta": 1e6},
            "rope_scaling": rope,
            "rope_theta": 1e6,
            "bos_token_id": None,
            "eos_token_id": number("<|im_end|>"),
            "tie_word_embeddings": True,
            "dtype": "bfloat16",
        },
        vision_config={
            **VISION,
            "in_channels": 3,
            "patch_size": 16,
            "num_position_embeddings": 256,
            "deepstack_visual_indexes": [0],
        },
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
        tie_word_embeddings=True,
    )
    _save(config, "Qwen3VLForConditionalGeneration", folder)
    image, video = "Qwen2VLImageProcessorFast", "Qwen3VLVideoProcessor"
    processors(folder, 16, 65_536, image, video, "Qwen3VLProcessor")


def glm_ocr(folder: Path) -> None:
    """`GlmOcrForConditionalGeneration`."""
    begin, end = "<|begin_of_image|>", "<|end_of_image|>"
    special = [begin, end, "<|begin_of_video|>", "<|end_of_video|>", "<|image|>", "<|video|>"]
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "processor_class": "Glm46VProcessor",
        "image_token": "<|image|>",
        "video_token": "<|video|>",
    }
    fast = tokenizer(folder, special, f"{begin}<|image|>{end}", settings)
    number = fast.convert_tokens_to_ids
    config = GlmOcrConfig(
        text_config={
            **TEXT,
            "vocab_size": -(-len(fast) // 64) * 64,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e4,
                "mrope_section": [4, 6, 6],
                "partial_rotary_factor": 1.0,
            },
            "eos_token_id": [number("<|im_end|>")],
            "pad_token_id": 0,
            "tie_word_embeddings": False,
        },
        vision_config={**VISION, "patch_size": 14, "image_size": 336},
        image_token_id=number("<|image|>"),
        video_token_id=number("<|video|>"),
        image_start_token_id=number(begin),
        image_end_token_id=number(end),
        video_start_token_id=number("<|begin_of_video|>"),
        video_end_token_id=number("<|end_of_video|>"),
    )
    _save(config, "GlmOcrForConditionalGeneration", folder)
    processors(
        folder, 14, 12_544, "Glm46VImageProcessor", "Glm46VVideoProcessor", "Glm46VProcessor"
    )


def _save(config: Any, architecture: str, folder: Path) -> None:
    config.architectures = [architecture]
    config.dtype = "bfloat16"
    config.save_pretrained(folder)


if __name__ == "__main__":
    made = Path(sys.argv[2])
    made.mkdir(parents=True)
    {"qwen3_vl": qwen3_vl, "glm_ocr": glm_ocr}[sys.argv[1]](made)
