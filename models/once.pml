/* A value is accepted once, whatever else happens at the same time (promises 1, 2 and 8).

   One device, and two requests at a time, any number after one another, that give its values by whichever tokens: the
   same, earlier and later ones, again and again. Meanwhile keys are rotated, and an import says what was spent elsewhere. */

#include "store.pml"

#define COMPARED 1           /* once */
#define JUDGED_ANEW 2        /* once */
#define NEXT_STATE 3         /* once */
#define UNSPENT 4            /* forward */
#define LATEST 5             /* once */
#define RESEALED_COMPARED 6  /* forward */
#define NEVER_BACK 7         /* forward */
#define ONE_COMMIT 8         /* whole */
#define ANSWERED_LAST 9      /* stored */

#define COUNTERS 3
#define NONE 3

mtype = { HOTP, TOTP, SHEET };

mtype kind;
bit twins;          /* by chance, counters 0 and 1 have the same value */
byte state;         /* of the device: the next counter, or the bits of the codes of a sheet that are used up */

/* What is watched */
byte spent;         /* bits: values that were taken for right */
byte confirmed;     /* bits: those for which a confirmation is stored */
byte over;          /* bits: counters that must not be accepted any more */
bit twice, back, unstored;

#define digits(counter) (counter - (twins && counter == 1))
#define has(bits, n) (((bits >> n) & 1) == 1)
#define blind (without == COMPARED || without == JUDGED_ANEW)

inline spend(p) {
    printf("- request %d spends counter %d\n", p, hit);
    twice = twice || has(spent, digits(hit));
    back = back || has(over, hit);
    spent = spent | (1 << digits(hit));
    over = over | (1 << hit) | ((kind != SHEET) * ((1 << hit) - 1));
    state = (kept(NEXT_STATE) -> (kind == SHEET -> (blind -> seen : state) | (1 << hit) : hit + 1) : state);
    moves
}

inline confirm(p) { printf("- request %d has its confirmation stored\n", p); confirmed = confirmed | (1 << digits(hit)) }

inline answer(p) { printf("- request %d is told that it was right\n", p); unstored = unstored || !has(confirmed, digits(hit)) }

proctype person(byte p) {
    byte value, counter, end, hit, seen;
    hit = NONE;
    do
    :: atomic {
            reads(p);
            seen = (blind -> state : 0);
            if
            :: value = 0
            :: value = 1
            :: value = 2
            fi;
            /* The window of a counter begins with the next one, that of a clock wherever the clock is, right or wrong. */
            if
            :: kind == HOTP -> counter = state
            :: kind == TOTP -> counter = 0
            :: kind == TOTP -> counter = 1
            :: kind == TOTP -> counter = 2
            :: kind == SHEET -> counter = value
            fi;
            end = counter + 2 - (kind == SHEET);
            do
            :: counter < end && counter < COUNTERS ->
                if
                :: digits(counter) == value && (hit == NONE || kept(LATEST)) &&
                   (kind == SHEET -> !has(state, counter) : counter >= state || !kept(UNSPENT)) -> hit = counter
                :: else
                fi;
                counter++
            :: else -> break
            od;
            printf("- request %d reads, and judges value %d\n", p, value);
            value = 0; counter = 0; end = 0
        };
        if
        :: d_step { hit != NONE && !kept(ANSWERED_LAST) -> answer(p) }
        :: else
        fi;
        if
        :: true  /* dies, or is refused */
        :: d_step { hit != NONE && kept(ONE_COMMIT) && (unmoved(p) || blind) -> spend(p); confirm(p); answer(p) }
        :: d_step { hit != NONE && !kept(ONE_COMMIT) && unmoved(p) -> spend(p) };
            if
            :: true
            :: d_step { confirm(p) }
            fi
        fi;
        d_step { hit = NONE; seen = 0; forgets(p) }
    od
}

proctype rotation(byte p) {
    byte seen;
    do
    :: d_step { reads(p); seen = (kept(RESEALED_COMPARED) -> 0 : state); printf("- the rotation reads\n") };
        if
        :: true
        :: d_step { unmoved(p) || !kept(RESEALED_COMPARED) ->
                printf("- the rotation stores\n");
                state = (kept(RESEALED_COMPARED) -> state : seen);
                moves }
        fi;
        d_step { seen = 0; forgets(p) }
    od
}

/* What is compared and set as well, and could not be told from a request that was alone, is one step. */
proctype import() {
    do
    :: d_step {
            printf("- an import says that counter 0 is spent\n");
            state = (kind == SHEET -> state | 1 : (state > 1 && kept(NEVER_BACK) -> state : 1));
            over = over | 1;
            moves }
    od
}

init {
    atomic {
        begin();
        if
        :: kind = HOTP
        :: kind = TOTP
        :: kind = SHEET
        fi;
        if
        :: kind != SHEET -> twins = 1
        :: twins = 0
        fi;
        run person(0); run person(1); run rotation(2); run import()
    }
}

ltl once { [] !twice }
ltl forward { [] !back }
ltl whole { [] (spent == confirmed) }
ltl stored { [] !unstored }
