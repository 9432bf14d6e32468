"""Names that a generated package doesn't have, though it loads those that it has when they are
used.
"""

import examples.chat.contract as chat
from examples.chat.contract import ChatCleint, ChatClient  # E: mypy pyright

print(chat.ChatNamespace, chat.ChatNamspace)  # E: mypy pyright
print(ChatClient)
