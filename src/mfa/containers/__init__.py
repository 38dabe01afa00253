"""Where ports meet adapters: one container per platform, and the core that they share."""
