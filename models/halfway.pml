/* What ends half-way leaves the state before or the state after, and nothing in anybody's hand (promise 8).

   Where two places are written, a process may die between any two steps: a session is verified whose key a thief knows;
   options of a login by passkey are answered, by three requests at once, rightly and wrongly; an account is locked down
   together with its tokens; a code is stored and sent. */

#include "store.pml"

#define SUCCESSOR 1          /* behind */
#define KEY_FIRST 2          /* behind */
#define MADE_LAST 3          /* verified */
#define SPENT 4              /* served */
#define SPENT_WITH_IT 5      /* served */
#define REFUSAL_SPENDS 6     /* refused */
#define TOKENS_WITH_IT 7     /* ended */
#define STORED_FIRST 8       /* known_codes */

#define LOGINS 3

#define OLD 1
#define NEW 2

byte verified_as;            /* the identity of a session that has confirmed the device */
byte old_key = OLD;          /* the identity under the key of the session that a thief knows, too; 0: there is no such key */

bit spent;                   /* the options have a row of their own */
byte confirmed, made;        /* logins, as bits: the device is confirmed to the token that is prepared; that is made */
bit refusal, late;           /* somebody was refused; somebody was let in after that */

bit locked, tokens = 1;

bit stored, sent;

#define or_dies if :: true -> goto dies :: true fi

proctype session() {
    d_step { printf("- the session is verified, by a value that is stored\n"); verified_as = (kept(SUCCESSOR) -> NEW : OLD) };
    or_dies;
    if
    :: !kept(KEY_FIRST) -> d_step { printf("- it is another, under the key from before\n"); old_key = NEW }; or_dies
    :: else
    fi;
    d_step { printf("- it has another key\n"); old_key = 0 };
dies:
    skip
}

proctype login(byte p) {
    bit right;
    if
    :: right = 1
    :: right = 0
    fi;
    if
    :: right && !kept(MADE_LAST) -> made = made | (1 << p); or_dies
    :: else
    fi;
    if  /* one commit: there can be but one row of what is spent */
    :: d_step { right && (!spent || !kept(SPENT)) -> printf("- login %d is confirmed\n", p);
            confirmed = confirmed | (1 << p);
            late = late || refusal;
            spent = kept(SPENT_WITH_IT) }
    :: d_step { right && spent && kept(SPENT) -> printf("- login %d comes too late\n", p); refusal = 1 }; goto dies
    :: d_step { !right -> printf("- login %d is refused\n", p); refusal = 1; spent = spent || kept(REFUSAL_SPENDS) };
        goto dies
    fi;
    or_dies;
    d_step { printf("- login %d has its token\n", p); made = made | (1 << p); spent = 1 };
dies:
    skip
}

proctype lockdown() {
    d_step { printf("- the account is locked down\n"); locked = 1; tokens = !kept(TOKENS_WITH_IT) };
    or_dies;
    d_step { printf("- its tokens have ended\n"); tokens = 0 };
dies:
    skip
}

proctype dispatch() {
    if
    :: kept(STORED_FIRST) -> stored = 1; printf("- a code is stored\n")
    :: else -> sent = 1; printf("- a code is sent\n")
    fi;
    or_dies;
    d_step { stored = 1; sent = 1 };
dies:
    skip
}

init {
    atomic {
        begin();
        if
        :: run session()
        :: run login(0); run login(1); run login(2)
        :: run lockdown()
        :: run dispatch()
        fi
    }
}

ltl behind { [] (old_key == 0 || old_key != verified_as) }
ltl verified { [] ((made & ~confirmed) == 0) }
ltl served { [] (made == 0 || made == 1 || made == 2 || made == 4) }
ltl refused { [] !late }
ltl ended { [] (!locked || !tokens) }
ltl known_codes { [] (!sent || stored) }
