"""A pretrained network for one's own pictures: what `netspec finetune` decides, writes down and reports."""

from netspec.finetuning.base import Base, FinetuneError, find_base
from netspec.finetuning.choices import Choices, Wishes, check_data, choose
from netspec.finetuning.report import StageRow, stage_rows
from netspec.finetuning.writing import spec_text

__all__ = [
    "Base", "Choices", "FinetuneError", "StageRow", "Wishes", "check_data", "choose", "find_base", "spec_text", "stage_rows",
]  # fmt: skip
