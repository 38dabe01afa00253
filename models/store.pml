/* What every model stands on: one account in a store, and those who read it and store what they have decided.

   A step happens at once, and between two steps of one process those of any other. A request that dies is one that does
   not take its next step. */

byte without;  /* the rule that is left out; 0: none, and every property has to hold */

#define kept(rule) (without != rule)

/* The version of an account is only ever compared, and so tells one thing: whether anybody has stored a change since it
   was read. That is modelled, one bit for each reader, so that histories may be as long as they like. */

byte moved = 255;  /* bit p: the account has moved since reader p read it, if he ever did */

#define reads(p) moved = moved & ~(1 << p)
#define unmoved(p) (((moved >> p) & 1) == 0)
#define forgets(p) moved = moved | (1 << p)
#define moves moved = 255

inline begin() { c_code { char *chosen = getenv("WITHOUT"); now.without = chosen ? atoi(chosen) : 0; } }
