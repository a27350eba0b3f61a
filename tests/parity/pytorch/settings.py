"""Sizes and settings of the made reference: all others than those of the recorded one."""

MAX_LENGTH = 16  # tokens in a text
MERGES = ["t h", "th e</w>", "a n", "an d</w>", "b a", "l l</w>", "ba ll</w>", "d o", "do g</w>"]
SLOTS = 30  # the GLIGEN pipeline's

TEXT_ENCODER = {
    "hidden_size": 20,
    "intermediate_size": 36,
    "num_hidden_layers": 2,
    "num_attention_heads": 5,
    "max_position_embeddings": MAX_LENGTH,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-4,
}
UNETS = {
    "a": {
        "block_out_channels": (6, 12, 18),
        "layers_per_block": 2,
        "attention_head_dim": (1, 2, 3),
        "cross_attention_dim": TEXT_ENCODER["hidden_size"],
        "norm_num_groups": 3,
        "use_linear_projection": True,
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    },
    "b": {
        "block_out_channels": (10, 20),
        "layers_per_block": 1,
        "attention_head_dim": 5,
        "cross_attention_dim": 14,
        "norm_num_groups": 5,
        "use_linear_projection": False,
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    },
}
# Frames, sides of the latents, sides that do not divide, text tokens, object slots.
INPUTS = {"a": (3, (8, 12), (10, 15), MAX_LENGTH, 4), "b": (5, (10, 6), (7, 5), 9, 7)}
AUTOENCODER = {
    "block_out_channels": (6, 6, 12),
    "layers_per_block": 2,
    "norm_num_groups": 3,
    "latent_channels": 4,
    "scaling_factor": 0.7,
    "down_block_types": ("DownEncoderBlock2D",) * 3,
    "up_block_types": ("UpDecoderBlock2D",) * 3,
}
SCHEDULE = {
    "num_train_timesteps": 600,
    "beta_start": 0.001,
    "beta_end": 0.02,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "prediction_type": "v_prediction",
    "timestep_spacing": "trailing",
    "set_alpha_to_one": True,
}
STEP_COUNTS = (6, 15, 40)  # the single steps are some of the first

OBJECTS = [("the ball", [0.1, 0.2, 0.4, 0.5]), ("a dog", [0.5, 0.3, 0.9, 0.95])]
PROMPTS = {
    "text_encoder_prompts": ["", "the dog and the ball", "A café, 42 dogs!?", "the ball " * 20],
    "text_encoder_phrases": ["the ball", "a dog and a cat"],
    "trajectory": {
        "hw": [10, 7],
        # diffusers makes one trailing step too many where they do not divide evenly.
        "steps": 8,
        "guidance": 3.5,
        "beta": 0.5,
        "negative": "ugly",
        "prompts": ["the dog and the ball", "the dog", "the ball"],
        "objects": [OBJECTS, OBJECTS[1:], []],
    },
    "pipeline": {
        "hw": [8, 12],
        "steps": 4,
        "guidance": 2.5,
        "beta": 0.75,
        "prompt": "the ball and the dog",
        "negative": "",
        "phrases": ["the ball"],
        "boxes": [[0.2, 0.1, 0.7, 0.8]],
    },
}
