"""What the processor can do."""
import torch

# As cpuinfo calls them: AVX512-BF16, AMX, and Arm's.
_BF16_FLAGS = ('avx512_bf16', 'amx_bf16', 'bf16', 'arm_bf16', 'sve_bf16')


def has_bf16() -> bool:
    """Whether the processor multiplies in bfloat16."""
    flags = torch.cpu.get_capabilities()
    return any(flags.get(flag, False) for flag in _BF16_FLAGS)


def require_bf16() -> None:
    """Refuse bfloat16 where it would be slower than float32.

    Raises:
        ValueError: If the processor has no instructions for it.
    """
    if not has_bf16():
        raise ValueError(
            'this processor has no bfloat16 instructions (AVX512-BF16, AMX '
            "or Arm's): bf16 would be slower than fp32; take precision "
            "'fp32'")
