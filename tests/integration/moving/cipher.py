"""How a project of allauth encrypts, by a class that needs nothing of allauth's."""

from cryptography.fernet import Fernet

KEY = b"a2V5IG9mIGEgcHJvamVjdCB0aGF0IGhhZCBhbGxhdXQ="


class Cipher:
    def encrypt(self, text: str) -> str:
        return Fernet(KEY).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return Fernet(KEY).decrypt(encrypted_text).decode()
