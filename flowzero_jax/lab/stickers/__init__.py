"""The painter of the embedded model's training pictures: stickers, backgrounds and their words."""
