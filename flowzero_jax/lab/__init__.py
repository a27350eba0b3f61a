"""Research around the product: the stickers' painter, training, evaluation, benchmarks.

Nothing outside imports it; the doors are in `scripts/`.
"""
