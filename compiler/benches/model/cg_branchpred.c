/* A branch predictor as processors have them since 2015 or so, to take the place of `cachegrind/cg_branchpred.c` in the
   source of valgrind 3.19, whose own is of the nineties.

   It is TAGE ("A case for (partially) tagged geometric history length branch prediction", Seznec and Michaud, 2006): a
   table by address, and ten tables of 2,048 entries by address and a history of the last 4 to 300 branches, of which
   the longest history with an entry decides. Targets of indirect jumps are found in the same way. */

#define TABLES 10
#define LOG_ENTRIES 11
#define ENTRIES (1 << LOG_ENTRIES)
#define TAG_BITS 11
#define LOG_BASE 14
#define LOG_TARGETS 12
#define HISTORY 512

static const UInt lengths[TABLES] = {4, 6, 11, 17, 28, 45, 72, 116, 187, 300};

/* The last branches, one bit each, as a ring. */
static UChar history[HISTORY];
static UInt newest = 0;

/* The last so many branches, folded into so many bits by exclusive or, and kept up to date with each branch. */
typedef struct { UInt value, bits, length; } Fold;
static Fold index_folds[TABLES], tag_folds[TABLES], second_tag_folds[TABLES];

typedef struct { UShort tag; signed char counter; UChar useful; } Direction;
typedef struct { UShort tag; UChar useful, confidence; Addr target; } Target;
static Direction directions[TABLES][ENTRIES];
static Target targets[TABLES][ENTRIES];
static signed char base_directions[1 << LOG_BASE];
static Addr base_targets[1 << LOG_TARGETS];

static UInt random_bits(void)
{
   static UInt state = 12345;
   state = state * 1103515245u + 12345u;
   return state >> 16;
}

static void initialise(void)
{
   static Bool done = False;
   if (done) return;
   done = True;
   for (Int i = 0; i < TABLES; i++) {
      index_folds[i] = (Fold){0, LOG_ENTRIES, lengths[i]};
      tag_folds[i] = (Fold){0, TAG_BITS, lengths[i]};
      second_tag_folds[i] = (Fold){0, TAG_BITS - 1, lengths[i]};
   }
}

static void update_fold(Fold *fold, UInt in, UInt out)
{
   fold->value = (fold->value << 1) | in;
   fold->value ^= out << (fold->length % fold->bits);
   fold->value ^= fold->value >> fold->bits;
   fold->value &= (1u << fold->bits) - 1;
}

static void remember(UInt bit)
{
   newest = (newest + 1) % HISTORY;
   history[newest] = bit;
   for (Int i = 0; i < TABLES; i++) {
      UInt out = history[(newest - lengths[i]) % HISTORY];
      update_fold(&index_folds[i], bit, out);
      update_fold(&tag_folds[i], bit, out);
      update_fold(&second_tag_folds[i], bit, out);
   }
}

static UInt index_in(Int table, Addr addr)
{
   Addr folded = addr ^ (addr >> LOG_ENTRIES) ^ (addr >> (2 * LOG_ENTRIES)) ^ (addr >> (table + 1));
   return (folded ^ index_folds[table].value) % ENTRIES;
}

/* Never 0, which empty entries have. */
static UInt tag_in(Int table, Addr addr)
{
   Addr folded = addr ^ (addr >> 7) ^ tag_folds[table].value ^ (second_tag_folds[table].value << 1);
   return folded % (1u << TAG_BITS) + 1;
}

static void count(signed char *counter, Bool up, Int least, Int most)
{
   if (up && *counter < most) (*counter)++;
   if (!up && *counter > least) (*counter)--;
}

static ULong do_cond_branch_predict(Addr addr, Word takenW)
{
   Bool taken = takenW > 0;
   Direction *found[TABLES];
   Direction *longest = NULL, *next = NULL;
   Int table = -1;
   initialise();
   for (Int i = TABLES - 1; i >= 0; i--) {
      found[i] = &directions[i][index_in(i, addr)];
      if (found[i]->tag != tag_in(i, addr)) continue;
      if (longest == NULL) { longest = found[i]; table = i; }
      else if (next == NULL) next = found[i];
   }
   signed char *base = &base_directions[(addr ^ (addr >> LOG_BASE)) % (1 << LOG_BASE)];
   Bool otherwise = next ? next->counter >= 0 : *base >= 0;
   Bool is_new = longest && longest->useful == 0 && (longest->counter == 0 || longest->counter == -1);
   Bool predicted = longest && !is_new ? longest->counter >= 0 : otherwise;

   if (predicted != taken && table < TABLES - 1) {
      /* An entry with a longer history; which of two is left to chance, so that branches share the tables. */
      Int start = table + 1;
      if (start < TABLES - 1 && (random_bits() & 1)) start++;
      Int i = start;
      while (i < TABLES && found[i]->useful != 0) i++;
      if (i < TABLES) *found[i] = (Direction){tag_in(i, addr), taken ? 0 : -1, 0};
      else for (i = start; i < TABLES; i++) found[i]->useful--;
   }
   if (longest == NULL || longest->useful == 0) {
      if (next) count(&next->counter, taken, -4, 3);
      else count(base, taken, -2, 1);
   }
   if (longest) {
      Bool by_longest = longest->counter >= 0;
      if (by_longest != otherwise) {
         if (by_longest == taken) { if (longest->useful < 3) longest->useful++; }
         else if (longest->useful > 0) longest->useful--;
      }
      count(&longest->counter, taken, -4, 3);
   }
   static UInt branches = 0;
   if (++branches % (1 << 18) == 0)
      for (Int i = 0; i < TABLES; i++)
         for (Int k = 0; k < ENTRIES; k++) directions[i][k].useful >>= 1;
   remember(taken);
   return predicted != taken;
}

static ULong do_ind_branch_predict(Addr addr, Addr actual)
{
   Target *found[TABLES];
   Target *longest = NULL;
   Int table = -1;
   initialise();
   for (Int i = TABLES - 1; i >= 0; i--) {
      found[i] = &targets[i][index_in(i, addr)];
      if (longest == NULL && found[i]->tag == tag_in(i, addr)) { longest = found[i]; table = i; }
   }
   Addr *base = &base_targets[(addr ^ (addr >> LOG_TARGETS)) % (1 << LOG_TARGETS)];
   Bool missed = (longest ? longest->target : *base) != actual;
   *base = actual;
   if (longest && !missed) {
      if (longest->confidence < 3) longest->confidence++;
      longest->useful = 1;
   } else if (longest && longest->confidence > 0) {
      longest->confidence--;
   } else if (longest) {
      longest->target = actual;
      longest->useful = 0;
   }
   if (missed && table < TABLES - 1) {
      Int start = table + 1;
      if (start < TABLES - 1 && (random_bits() & 1)) start++;
      Int i = start;
      while (i < TABLES && found[i]->useful != 0) i++;
      if (i < TABLES) *found[i] = (Target){tag_in(i, addr), 0, 0, actual};
      else for (i = start; i < TABLES; i++) found[i]->useful = 0;
   }
   Addr bits = (actual >> 2) ^ (actual >> 7);
   for (Int i = 0; i < 3; i++) remember((bits >> i) & 1);
   return missed;
}
