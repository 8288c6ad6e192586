// Package mlp trains multi-layer perceptrons by back-propagation and mini-batch
// gradient descent, in the notation and with the class names of the lecture it
// implements (J. Hennebert and M. Melchior, TSM_DeepLearn).
//
// # Notation
//
// Layer l has n_l units. A mini-batch has N samples, and samples are columns;
// matrices are row-major.
//
//	X = A⁰      n_0 × N         inputs
//	Wˡ          n_l × n_{l−1}   weights
//	bˡ          n_l             bias
//	Zˡ          n_l × N         logits
//	Aˡ          n_l × N         activations;  Ŷ = Aᴸ is the output
//	Y           n_L × N         targets (for classes: one-hot columns)
//
// # Equations
//
// With dV for the gradient of each sample's loss with respect to V, ⊙ for the
// element-wise product and 1 ≤ l ≤ L:
//
//	forward     Zˡ = Wˡ·Aˡ⁻¹ + bˡ (added to each column)      Aˡ = gˡ(Zˡ)
//	cost        J = 1/N Σᵢ L(ŷ⁽ⁱ⁾, y⁽ⁱ⁾)
//	backward    dZˡ = dAˡ ⊙ gˡ′(Zˡ)       dAˡ⁻¹ = Wˡᵀ·dZˡ
//	gradients   dWˡ = 1/N dZˡ·Aˡ⁻¹ᵀ       dbˡ = 1/N rowsums(dZˡ)
//	update      Wˡ ← Wˡ − α dWˡ           bˡ ← bˡ − α dbˡ
//
// So dWˡ and dbˡ are gradients of J itself, and dA⁰/N is that of the inputs. The
// three matrix products of a layer are NN (forward), NT (dW) and TN (dA).
//
// Activations g and their derivatives, which are taken from a = g(z) so that z
// need not be kept:
//
//	sigmoid    1/(1 + e⁻ᶻ)        dz = da ⊙ a ⊙ (1 − a)
//	tanh       tanh z             dz = da ⊙ (1 − a²)
//	relu       max(0, z)          dz = da where a > 0, else 0
//	silu       z·σ(z)             dz = da ⊙ (s + a ⊙ (1 − s)), s = σ(z): from z, which is kept
//	identity   z                  dz = da
//	softmax    eᶻᵏ / Σⱼ eᶻʲ       dz = a ⊙ (da − Σₖ aₖ·daₖ)     output layer only
//
// Costs:
//
//	square                 L = ½‖y − ŷ‖²                                   dA = Ŷ − Y
//	cross-entropy          L = −Σₖ yₖ log ŷₖ, Σₖ yₖ = 1, after softmax     dZ = Ŷ − Y
//	binary-cross-entropy   L = −Σₖ yₖ log ŷₖ + (1 − yₖ) log(1 − ŷₖ), after sigmoid   dZ = Ŷ − Y
//
// Cross-entropy is taken through softmax in one step: −y/ŷ alone overflows where
// ŷ underflows. The lecture's summary has Y − Aᴸ in that place, and g′ where
// Aˡ = g(Zˡ) is meant; [GradientCheck], which compares all gradients with central
// differences, confirms the signs above.
//
// # From the lecture to the code
//
// Its slides in their order, and where each stands here:
//
//	Overfitting                               Example (Overfitting): validation against training cost; Trainer.L2, Dropout, Patience
//	Model selection, k-fold cross-validation  dataset.Dataset.Split and Folds, CrossValidate
//	Performance measures                      Confusion: the lecture's matrix is a test
//	Computational graphs, layers              Layer, MLP
//	Example keras                             New([]int{784, 64, 64, 10}, Sigmoid, Softmax, CrossEntropy): the command's default, with 784 from the data
//	Notations for a layer                     Notation, above; Layer's fields
//	Layer in an MLP: example                  TestLectureLayer, and on backwards TestLectureLayerBackwards
//	Forward propagation, vectorised           Layer.Propagate, MLP.Propagate
//	Implementation in numpy                   package blas: Gemm, RowSums (axis=1), Mul
//	Chain rule, its examples                  Example (ChainRule), Example (ChainRuleOfALayer)
//	Learning: cost, update rule               Cost.Value, MLP.UpdateParams
//	Backprop through a single layer           Layer.Backpropagate, GradientWeights, GradientBias
//	Output layer and loss                     CrossEntropy, Square: Cost.Derivative
//	Vectorised formulation                    Equations, above; component-wise sums beside it: internal/ref, TestComponentsAreTheVectorisedForm
//	class Layer                               Layer; .propagate, .backpropagate, .gradient_weights, .gradient_bias under these names
//	class MLP                                 MLP; .propagate, .backpropagate, .update_params likewise
//	activ_func.compute_value                  Activation.Value
//	cost.compute_derivative                   Cost.Derivative
//	dataset.next_batch                        dataset.Batches.NextBatch
//	Main loop of gradient descent             Example (MLP), written out; Trainer.Train
//	Gradient checking                         GradientCheck
//
// # The trainer's step
//
// The methods of Layer and MLP are the plain form, one step at a time; every field
// that they document is filled. A Trainer has a step of its own, whose results are
// theirs but for rounding:
//
//   - a batch is gathered once, as columns for Z¹ and as rows for dW¹, while the cache
//     is asked for the next ones;
//   - a product adds the bias and applies g, or g′ and takes the sums of rows, on
//     blocks of its result that are still in the cache;
//   - the gradient with respect to the outputs is scaled by −α/N once; then what the
//     product dZˡ·Aˡ⁻¹ᵀ adds to Wˡ is gradient descent's step, and L2's is its β;
//   - dA⁰ is not computed; the last, shorter batch is trained on.
//
// Other optimizers get gradients of J in the shape of Params. A step allocates nothing
// after the first.
//
// # Memory
//
// All weights and biases lie in one buffer, [MLP.Params], and all gradients in
// another of the same shape, [MLP.Gradients]:
//
//	W¹ (n_1·n_0)  b¹ (n_1)  W² (n_2·n_1)  b² (n_2)  …
//
// so that the update is one axpy. The matrices of a layer are views of them. The
// buffer of gradients is taken when gradients are first asked for. Activations and
// gradients of the logits are kept per layer for the largest batch seen; a training
// step allocates nothing after the first.
//
// # Model files
//
// [MLP.Save] writes, and [Load] reads, the safetensors format of Hugging Face:
// the length of the header as a little-endian 64-bit number; the header, a JSON
// object that may be padded with spaces; the tensors, row-major, little-endian
// and without gaps.
//
//	"0.weight"      n_1 × n_0, "0.bias" n_1, "1.weight" …: W and b of each
//	                layer, the former as PyTorch's Linear.weight
//	"__metadata__"  "activations" (one a layer, separated by commas), "cost",
//	                "input_divisor" (a number; 0 if not known); and as far as the
//	                network's Schema has them:
//	                "feature_names", "class_names", "target_names" (JSON lists)
//	                "input_scaling" (a rule), "input_scaling_shift" and
//	                "input_scaling_scale" (JSON lists); likewise "target_scaling"
//
// [MLP.SaveState] adds what training needs to go on, bit for bit, as [State] has it,
// and [LoadState] reads it; the position of random numbers is the epoch:
//
//	"state.mean" …  the optimizer's buffers and, with patience, "state.last", in the
//	                shape of Params
//	"__metadata__"  "state.optimizer", "state.epoch", "state.step", "state.best_epoch",
//	                "state.best_cost", "state.buffers", "state.settings" (a JSON object)
//
// [MLP.Export] writes networks for others: ONNX and NumPy's npz beside safetensors.
// [LoadNPZ] reads weights as Keras has them.
//
// # Randomness
//
// There is no global random state. The same seeds give the same weights, bit
// for bit; package blas says how far that holds from one machine to another.
package mlp
