"""What a project's own templates may say."""
